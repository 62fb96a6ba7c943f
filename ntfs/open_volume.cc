#include "ntfs/open_volume.h"

#include <fmt/format.h>

#include "ntfs/fat/geometry.h"
#include "ntfs/fat/volume.h"
#include "ntfs/ntfs/volume.h"
#include "vhd/base/try.h"
#include "vhd/bitlocker/volume.h"

namespace drydock {

namespace {

constexpr std::size_t kBootSectorSize = 512;

// What Windows' file systems call themselves at +3 of their boot sectors, which
// their drivers insist on.
struct Mark {
  std::string_view name;
  std::string_view file_system;
};
constexpr Mark kMarks[] = {
    {"NTFS    ", "ntfs"},
    {"EXFAT   ", "exfat"},
    {std::string_view("ReFS\0\0\0\0", 8), "refs"},
};

}  // namespace

Result<std::string> detect_file_system(const BlockDevice& device) {
  if (device.size() < kBootSectorSize) return std::string();
  std::array<std::byte, kBootSectorSize> boot;
  TRY(device.read(0, boot).in("boot sector"));
  std::string_view name = as_text(Bytes(boot).subspan(3, 8));
  for (const Mark& mark : kMarks) {
    if (name == mark.name) return std::string(mark.file_system);
  }
  // Before FAT, as which it poses.
  if (bitlocker::is_bitlocker(boot)) return std::string("bitlocker");
  return std::string(fat::kind_of(boot));
}

Result<DevicePtr> open_plain(DevicePtr device, const VolumeOptions& options) {
  if (TRY(detect_file_system(*device)) != "bitlocker") return device;
  static const bitlocker::KeyRing kNoKeys;
  const bitlocker::KeyRing& keys = options.keys ? *options.keys : kNoKeys;
  return TRY(bitlocker::Volume::open(std::move(device), keys).in("BitLocker"));
}

Result<FileSystemPtr> open_volume(DevicePtr device, VolumeOptions options) {
  device = TRY(open_plain(std::move(device), options));
  std::string kind = TRY(detect_file_system(*device));
  if (kind.empty()) {
    return Error(Errc::not_found, "there is no file system that bears a known mark");
  }
  if (kind == "ntfs") return ntfs::open(std::move(device), std::move(options));
  if (kind.starts_with("fat")) return fat::open(std::move(device), std::move(options));
  return Error(Errc::unsupported, fmt::format("a volume of {} can't be opened", kind));
}

}  // namespace drydock
