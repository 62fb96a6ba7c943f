// A FAT32 volume: the EFI system partition of a UEFI machine.
//
// Written by the rules of Microsoft's "FAT: General Overview of On-Disk
// Format" 1.03: both copies of the table, FSInfo, short names beside long.

#pragma once

#include "ntfs/open_volume.h"

namespace drydock::fat {

// Fails with corrupt when the boot sector or the table can't be believed, and
// with unsupported for FAT12 and FAT16.
Result<FileSystemPtr> open(DevicePtr partition, VolumeOptions options = {});

}  // namespace drydock::fat
