#include "ntfs/volume_check.h"

#include "ntfs/check/check.h"
#include "ntfs/fat/check.h"
#include "ntfs/open_volume.h"
#include "vhd/base/try.h"

namespace drydock {

Result<VolumeCheck> check_volume(const DevicePtr& device, const Progress& progress) {
  std::string kind = TRY(detect_file_system(*device));
  // A first sector that was torn bears no mark; its copy may.
  if (kind.empty() && ntfs::has_boot_copy(*device)) kind = "ntfs";
  if (kind.empty() && fat::has_boot_copy(*device)) kind = "fat32";
  if (kind == "ntfs") return ntfs::check_ntfs(device, progress);
  if (kind == "fat32" || kind == "fat16" || kind == "fat12") {
    return fat::check_fat(*device, progress);
  }
  if (kind.empty()) {
    return Error(Errc::not_found, "there is no file system that bears a known mark");
  }
  if (kind == "bitlocker") {
    return Error(Errc::unsupported, "the volume is locked by BitLocker");
  }
  return Error(Errc::unsupported, "a volume of " + kind + " can't be checked");
}

}  // namespace drydock
