#include "repair/cli/image_source.h"

#include <fmt/format.h>

#include "repair/cli/image_words.h"
#include "vhd/base/try.h"
#include "vhd/raw_image.h"

namespace drydock::cli {

std::vector<std::string> ImageSource::file_names() const {
  std::vector<std::string> names;
  for (const auto& file : chain.files) names.push_back(file->path().string());
  return names;
}

Result<ImageSource> raw_source(std::shared_ptr<FileDevice> file) {
  ImageSource source;
  source.chain.image = TRY(RawImage::open(file, {}).in(file->path().string()));
  source.chain.files.push_back(file);
  source.device = std::move(file);
  return source;
}

Result<ImageSource> open_source(const ImageChoice& choice, Report& report) {
  std::optional<ImageFormat> format;
  if (!choice.format.empty()) format = TRY(parse_format(choice.format));
  auto file = TRY(FileDevice::open(choice.file));
  report.track(file);
  if (format == ImageFormat::raw) return raw_source(file);
  ImageSource source;
  ChainOptions options;
  options.parents.assign(choice.parents.begin(), choice.parents.end());
  source.chain = TRY(open_chain(file, std::move(options)));
  for (std::size_t i = 1; i < source.chain.files.size(); ++i) {
    report.track(source.chain.files[i]);
  }
  ImageFormat found = source.image().facts().format;
  if (format && *format != found) {
    return Error(Errc::bad_argument, fmt::format("this is a {} image, not a {} one",
                                                 to_string(found), to_string(*format)))
        .in(choice.file);
  }
  source.device = source.chain.image;
  if (found == ImageFormat::raw) source.device = file;
  return source;
}

}  // namespace drydock::cli
