// drydock image convert.

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "repair/cli/container.h"
#include "repair/cli/host_file.h"
#include "repair/cli/image_source.h"
#include "repair/cli/image_words.h"
#include "repair/cli/progress_bar.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/convert.h"
#include "vhd/create.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

constexpr std::uint64_t kSectorSize = 512;

// Standard input in a file beside the output: an image has to know its size before
// its first byte.  Removed with the HostFile.
Result<HostFile> keep_standard_input(const std::string& output,
                                     const Progress& progress) {
  HostFile file = TRY(HostFile::create(output + ".drydock-input"));
  std::uint64_t end = 0;
  ByteVector buffer(1 << 20);
  while (std::size_t count = std::fread(buffer.data(), 1, buffer.size(), stdin)) {
    Bytes bytes = Bytes(buffer).first(count);
    TRY(file.device()->resize(end + count));
    if (!is_zero(bytes)) TRY(file.device()->write(end, bytes));
    end += count;
    TRY(progress(end, 0));
  }
  TRY(progress(end, 0));  // A signal ends a read, too.
  if (std::ferror(stdin) != 0) {
    return Error(Errc::io, "the host's read ended early").in("standard input");
  }
  return file;
}

Done write_standard_output(Bytes bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return {};
  return Error(Errc::io, "the host's write ended early").in("standard output");
}

Result<CreateOptions> output_options(const ImageConvertRequest& request,
                                     const ImageSource& source) {
  CreateOptions options;
  options.format = TRY(parse_format(request.format));
  if (options.format == ImageFormat::raw) options.kind = ImageKind::raw;
  ImageFacts input = source.image().facts();
  options.virtual_size = *checked::align_up(source.device->size(), kSectorSize);
  // A disk's partition table counts in its sectors: they stay as they are.
  if (input.format == ImageFormat::vhdx && options.format == ImageFormat::vhdx) {
    options.logical_sector_size = input.logical_sector_size;
    options.physical_sector_size = input.physical_sector_size;
  }
  if (input.logical_sector_size == 4096 && options.format == ImageFormat::vhd) {
    return Error(Errc::unsupported,
                 "this disk has sectors of 4096 bytes, and a VHD's have 512: nothing "
                 "would find its partitions there");
  }
  return parse_create_options(request.options, std::move(options));
}

struct Converted {
  Copied copied;
  ImageFacts facts;  // of the output
};

Result<Converted> convert_to_file(const ImageConvertRequest& request,
                                  const ImageSource& source, CopyOptions copy,
                                  Report& report) {
  CreateOptions options = TRY(output_options(request, source));
  Existing existing = request.force ? Existing::replace : Existing::refuse;
  HostFile file = TRY(HostFile::create_new(request.output, existing));
  report.track(file.device());
  TRY(create_image(*file.device(), options).in(request.output));
  Converted converted;
  {
    auto image = TRY(open_image(file.device(), {.writable = true}).in(request.output));
    converted.copied = TRY(copy_disk(*source.device, *image, copy));
    TRY(image->flush());
    converted.facts = image->facts();
  }
  TRY(file.keep());
  return converted;
}

Result<Converted> convert_to_stdout(const ImageConvertRequest& request,
                                    const ImageSource& source,
                                    const Progress& progress) {
  if (TRY(parse_format(request.format)) != ImageFormat::raw) {
    return Error(Errc::bad_argument, "only a raw image can go to standard output");
  }
  Converted converted;
  converted.copied =
      TRY(copy_to_stream(*source.device, write_standard_output, progress));
  if (std::fflush(stdout) == 0) return converted;
  return Error(Errc::io, "the host's write ended early").in("standard output");
}

Result<Converted> convert(const ImageConvertRequest& request, Report& report) {
  ProgressBar bar("convert");
  CopyOptions copy{.zero_run_min = TRY(parse_size(request.zero_run)),
                   .progress = bar.progress()};
  if (request.input.file == "-") {
    if (request.output == "-") {
      return Error(Errc::bad_argument, "both ends can't be standard ones");
    }
    HostFile kept = TRY(keep_standard_input(request.output, copy.progress));
    ImageSource source = TRY(raw_source(kept.device()));
    return convert_to_file(request, source, std::move(copy), report);
  }
  ImageSource source = TRY(open_source(request.input, report));
  if (request.output == "-") return convert_to_stdout(request, source, copy.progress);
  return convert_to_file(request, source, std::move(copy), report);
}

}  // namespace

Exit image_convert(const ImageConvertRequest& request, Report& report) {
  bool to_stdout = request.output == "-";
  if (to_stdout && report.json()) {
    return report.fail(Error(Errc::bad_argument,
                             "--json and the image can't both be on standard output"),
                       Exit::usage);
  }
  auto converted = convert(request, report);
  if (!converted) return report.fail(converted.error());
  if (to_stdout) return Exit::done;
  std::vector<std::string> chain = {request.output};
  report.print("made " + container_text(converted->facts, chain));
  report.print(fmt::format("  {} read, {} written\n",
                           binary_size(converted->copied.bytes_read),
                           binary_size(converted->copied.bytes_written)));
  report.document({{"input", request.input.file},
                   {"output", request.output},
                   {"container", container_json(converted->facts, chain)},
                   {"bytes_copied", converted->copied.bytes_written}});
  return Exit::done;
}

}  // namespace drydock::cli
