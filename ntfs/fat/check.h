// The check of a FAT32 volume: both tables, chains, directories, names, and the
// boot sector's copy.

#pragma once

#include "ntfs/volume_check.h"

namespace drydock::fat {

// Changes nothing.  corrupt where neither the boot sector nor its copy can be
// believed; unsupported for FAT12 and FAT16.
Result<VolumeCheck> check_fat(const BlockDevice& device, const Progress& progress = {});

// Whether `device`, whose first sector isn't marked as one of any file system, has
// the copy of a FAT32 volume's.
bool has_boot_copy(const BlockDevice& device);

}  // namespace drydock::fat
