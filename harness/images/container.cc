#include "harness/images/container.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "harness/program.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"
#include "vhd/image.h"

namespace drydock::images {

namespace {

// The unit in which zeros are looked for.
constexpr std::uint64_t kPieceSize = 64 * 1024;

Error host_error(const std::filesystem::path& path, const std::error_code& failed) {
  return Error(Errc::io, failed.message()).in(path.string());
}

Done remove_file(const std::filesystem::path& path) {
  std::error_code failed;
  std::filesystem::remove(path, failed);
  if (failed) return host_error(path, failed);
  return {};
}

Done move_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code failed;
  std::filesystem::rename(from, to, failed);
  if (failed) return host_error(to, failed);
  return {};
}

Result<std::shared_ptr<FileDevice>> new_file(const std::filesystem::path& path,
                                             std::uint64_t size) {
  TRY(remove_file(path));
  auto file = TRY(FileDevice::open(path, {.writable = true, .create = true}));
  TRY(file->resize(size));
  return file;
}

}  // namespace

Done copy_content(const BlockDevice& from, BlockDevice& to, std::uint64_t offset) {
  ByteVector piece(kPieceSize);
  for (std::uint64_t at = 0; at < from.size();) {
    Extent extent = TRY(from.extent(at));
    std::uint64_t end = at + extent.length;
    for (; !extent.zero && at < end; at += std::min(kPieceSize, end - at)) {
      MutableBytes bytes(piece.data(), std::min(kPieceSize, end - at));
      TRY(from.read(at, bytes));
      if (!is_zero(bytes)) TRY(to.write(offset + at, bytes));
    }
    at = end;
  }
  return {};
}

Done copy_sparse(const std::filesystem::path& from, const std::filesystem::path& to) {
  auto source = TRY(FileDevice::open(from));
  auto target = TRY(new_file(to, source->size()));
  return copy_content(*source, *target, 0);
}

Done pack(const std::filesystem::path& raw, const std::filesystem::path& image,
          Container container, std::uint64_t block_size, const Finish& finish) {
  std::filesystem::path part = image;
  part += ".part";
  if (container == Container::raw) {
    TRY(copy_sparse(raw, part));
  } else {
    TRY(harness::run_program(
        {"qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o",
         fmt::format("subformat=dynamic,block_size={}", block_size), raw.string(),
         part.string()}));
  }
  if (finish) TRY(finish(part));
  TRY(move_file(part, image));
  return remove_file(raw);
}

Result<Packing> unpack(const std::filesystem::path& image,
                       const std::filesystem::path& raw) {
  std::shared_ptr<Image> disk = TRY(open_image(TRY(FileDevice::open(image))));
  ImageFacts facts = disk->facts();
  auto to = TRY(new_file(raw, disk->size()));
  TRY(copy_content(*disk, *to, 0));
  return Packing{facts.format == ImageFormat::raw ? Container::raw : Container::vhdx,
                 facts.block_size.value_or(0)};
}

}  // namespace drydock::images
