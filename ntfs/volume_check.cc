#include "ntfs/volume_check.h"

#include "ntfs/check/check.h"
#include "ntfs/ntfs/unfinished.h"
#include "ntfs/open_volume.h"
#include "vhd/base/try.h"

namespace drydock {

namespace {

// As it is shown: with its log's work in it, where that can be had.
Result<VolumeCheck> check_with_log(const DevicePtr& device, const Progress& progress) {
  auto unfinished = TRY(ntfs::Unfinished::examine(device, Unclean::automatic));
  VolumeCheck check = TRY(ntfs::check_ntfs(*unfinished.device(), progress));
  check.replay = unfinished.replay();
  if (!unfinished.problem().empty()) {
    check.unchecked.push_back("the volume with its log's work in it: " +
                              unfinished.problem());
  }
  return check;
}

}  // namespace

Result<VolumeCheck> check_volume(const DevicePtr& device, const Progress& progress) {
  std::string kind = TRY(detect_file_system(*device));
  if (kind == "ntfs") return check_with_log(device, progress);
  if (kind.empty()) {
    return Error(Errc::not_found, "there is no file system that bears a known mark");
  }
  if (kind == "bitlocker") {
    return Error(Errc::unsupported, "the volume is locked by BitLocker");
  }
  return Error(Errc::unsupported, "a volume of " + kind + " can't be checked");
}

}  // namespace drydock
