// The check of a FAT volume: its tables, chains, directories and names, and FAT32's
// FSInfo and copy of the boot sector.

#pragma once

#include "ntfs/volume_check.h"

namespace drydock::fat {

// Changes nothing.  corrupt where neither the boot sector nor its copy can be
// believed.
Result<VolumeCheck> check_fat(const BlockDevice& device, const Progress& progress = {});

// Whether `device`, whose first sector isn't marked as one of any file system, has
// the copy of a FAT32 volume's.
bool has_boot_copy(const BlockDevice& device);

}  // namespace drydock::fat
