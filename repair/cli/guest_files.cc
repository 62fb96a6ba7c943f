#include "repair/cli/guest_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/cli/notes.h"
#include "vhd/base/try.h"

namespace drydock::cli {

namespace {

// Files are read out in pieces of this size.
constexpr std::uint64_t kCopySize = 4 << 20;

}  // namespace

Result<OpenImage> open_image_file(const std::string& image, const DiskChoice& choice,
                                  Report& report) {
  repair::View view = TRY(repair::open_view(image, choice.parent_paths()));
  report.track(view.file);
  note_image(view, report);
  auto disk = TRY(repair::open_disk(view, choice.options()).in(image));
  return OpenImage{std::move(view), std::move(disk)};
}

Result<Found> find_file(const repair::Disk& disk, const std::string& text,
                        std::size_t installation, Report& report) {
  repair::GuestPath path = TRY(disk.resolve(text, installation));
  FileSystemPtr volume = TRY(disk.volume(path.partition).in(text));
  note_volume(disk, path.partition, report);
  File file = TRY(volume->find(path.path).in(text));
  return Found{std::move(volume), std::move(path), std::move(file)};
}

Result<ByteVector> read_to_put(const BlockDevice& device, std::uint64_t held) {
  if (device.size() > kPutSizeMax - held) {
    return Error(
        Errc::bad_argument,
        fmt::format("with it {} bytes would be put into the image at once; all "
                    "of them are held in memory, and {} are the most",
                    held + device.size(), kPutSizeMax));
  }
  return read_bytes(device, 0, device.size(), kPutSizeMax);
}

Done copy_out(const File& file, const std::function<Done(Bytes)>& sink) {
  DevicePtr data = TRY(file.data());
  ByteVector buffer(std::min(kCopySize, data->size()));
  for (std::uint64_t at = 0; at < data->size();) {
    MutableBytes piece = MutableBytes(buffer).first(
        std::min<std::uint64_t>(buffer.size(), data->size() - at));
    TRY(data->read(at, piece));
    TRY(sink(piece));
    at += piece.size();
  }
  return {};
}

}  // namespace drydock::cli
