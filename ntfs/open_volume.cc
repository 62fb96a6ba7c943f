#include "ntfs/open_volume.h"

#include <fmt/format.h>

#include "ntfs/fat/geometry.h"
#include "ntfs/fat/volume.h"
#include "ntfs/ntfs/volume.h"
#include "vhd/base/guid.h"
#include "vhd/base/try.h"

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
    {"-FVE-FS-", "bitlocker"},
    {"EXFAT   ", "exfat"},
    {std::string_view("ReFS\0\0\0\0", 8), "refs"},
};

// BitLocker To Go looks like FAT to those who don't know it, and bears this at
// +0x1a8.  Seen in volumes of Windows 7 to 11; libbde documents it.
constexpr std::size_t kToGoOffset = 0x1a8;
constexpr Guid kToGoId = "4967d63b-2e29-4ad8-8399-f6a339e3d001"_guid;

}  // namespace

Result<std::string> detect_file_system(const BlockDevice& device) {
  if (device.size() < kBootSectorSize) return std::string();
  std::array<std::byte, kBootSectorSize> boot;
  TRY(device.read(0, boot).in("boot sector"));
  std::string_view name = as_text(Bytes(boot).subspan(3, 8));
  for (const Mark& mark : kMarks) {
    if (name == mark.name) return std::string(mark.file_system);
  }
  if (load<Guid>(boot, kToGoOffset) == kToGoId) return std::string("bitlocker");
  return std::string(fat::kind_of(boot));
}

Result<FileSystemPtr> open_volume(DevicePtr device, VolumeOptions options) {
  std::string kind = TRY(detect_file_system(*device));
  if (kind.empty()) {
    return Error(Errc::not_found, "there is no file system that bears a known mark");
  }
  if (kind == "ntfs") return ntfs::open(std::move(device), std::move(options));
  if (kind.starts_with("fat")) return fat::open(std::move(device), std::move(options));
  if (kind == "bitlocker") {
    return Error(Errc::unsupported, "the volume is locked by BitLocker");
  }
  return Error(Errc::unsupported, fmt::format("a volume of {} can't be opened", kind));
}

}  // namespace drydock
