#include "ntfs/volume_mend.h"

#include "ntfs/mend/wounds.h"
#include "ntfs/ntfs/boot_copy.h"
#include "ntfs/ntfs/unfinished.h"
#include "ntfs/open_volume.h"
#include "vhd/base/try.h"

namespace drydock {

namespace {

using Wound = std::optional<VolumeWound>;

// `marked`: whether the first sector says that this is NTFS.
Result<Wound> find_in_ntfs(const DevicePtr& device, bool marked, VolumePart part,
                           Records records) {
  if (part == VolumePart::boot_sector) return ntfs::find_boot_wound(*device);
  auto boot = ntfs::find_boot_sector(*device);
  if (!boot) {
    // What is behind a boot sector that is torn can't be told.
    if (marked || ntfs::find_boot_copy(*device)) return std::move(boot).error();
    return Wound();
  }
  auto unfinished = TRY(ntfs::Unfinished::examine(device, Unclean::automatic));
  const DevicePtr& shown = unfinished.device();
  if (part == VolumePart::attribute_lists) {
    return ntfs::find_list_wound(*shown, *boot, records);
  }
  if (part == VolumePart::dirty_mark) return ntfs::find_dirty_mark(shown, *boot);
  // Whoever replays a log writes the mirror anew.
  if (shown != device) return Wound();
  return ntfs::find_mirror_wound(*shown, *boot);
}

// Whatever is written to a record now, a replay would write over.
Done check_no_work(const DevicePtr& device) {
  auto unfinished = TRY(ntfs::Unfinished::examine(device, Unclean::automatic));
  if (unfinished.device() != device) {
    return Error(Errc::busy, "its $LogFile holds work, which has to be settled first");
  }
  if (unfinished.problem().empty()) return {};
  return Error(Errc::busy, "its $LogFile can't be replayed: " + unfinished.problem());
}

}  // namespace

std::string_view to_string(VolumePart part) {
  switch (part) {
    case VolumePart::boot_sector:
      return "boot sector";
    case VolumePart::mft_mirror:
      return "$MFTMirr";
    case VolumePart::attribute_lists:
      return "attribute lists";
    case VolumePart::dirty_mark:
      return "dirty mark";
  }
  return "boot sector";
}

Result<Wound> find_wound(const DevicePtr& device, VolumePart part, Records records) {
  std::string kind = TRY(detect_file_system(*device));
  if (kind == "ntfs" || kind.empty()) {
    return find_in_ntfs(device, kind == "ntfs", part, records);
  }
  bool is_fat = kind.starts_with("fat");
  if (is_fat && part == VolumePart::dirty_mark) return fat::find_dirty_mark(device);
  return Wound();
}

Result<Wound> mend_wound(const DevicePtr& device, VolumePart part, Records records) {
  if (part == VolumePart::attribute_lists || part == VolumePart::dirty_mark) {
    std::string kind = TRY(detect_file_system(*device));
    if (kind == "ntfs") TRY(check_no_work(device));
  }
  Wound wound = TRY(find_wound(device, part, records));
  if (!wound) return wound;
  for (const VolumePatch& patch : wound->cure) {
    TRY(device->write(patch.offset, patch.bytes));
  }
  TRY(device->flush());
  return wound;
}

}  // namespace drydock
