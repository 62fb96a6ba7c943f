// The few wounds of a volume that have one cure only: what is torn has a copy, what
// is written can't be meant otherwise.  All else is left to chkdsk.
//
// They are found by decoders of our own, since a volume that is wounded so may open
// in no other way.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/block_device.h"

namespace drydock {

enum class VolumePart : std::uint8_t {
  boot_sector,      // NTFS: the first sector, or its copy in the last
  mft_mirror,       // NTFS: the first records of $MFT, or their copies in $MFTMirr
  attribute_lists,  // NTFS: where $ATTRIBUTE_LIST says that an entry's name begins
  dirty_mark,       // NTFS, FAT: the volume waits for chkdsk, which has nothing to do
};

std::string_view to_string(VolumePart part);  // "boot sector"

struct VolumePatch {
  std::uint64_t offset = 0;  // in bytes, of the volume
  ByteVector bytes;
};

struct VolumeWound {
  std::string what;  // a clause: "the boot sector is torn"
  std::vector<std::string> evidence;
  bool stops_mount = false;  // Windows doesn't mount the volume, or stops at it
  std::vector<VolumePatch> cure;
  std::string cured;  // what the cure comes to: "written anew from its copy"
};

// Of attribute lists: those of the first records, which are NTFS's own files, or of
// all, which reads the whole $MFT.
enum class Records : std::uint8_t { first, all };

// How `part` of the volume in `device` is wounded, as it is shown once its log's work
// is applied in memory.  Nothing where it isn't, or where there is no such part.
// corrupt where neither of two copies can be believed.  unsupported where there is a
// wound and nothing proves its cure, with the reason: of a dirty mark, what a whole
// check of the volume found.
Result<std::optional<VolumeWound>> find_wound(const DevicePtr& device, VolumePart part,
                                              Records records = Records::first);

// Finds it once more, and writes its cure; returns what it was.  busy where the
// volume's log holds work, which comes first.
Result<std::optional<VolumeWound>> mend_wound(const DevicePtr& device, VolumePart part,
                                              Records records = Records::first);

}  // namespace drydock
