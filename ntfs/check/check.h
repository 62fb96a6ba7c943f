// The check of an NTFS volume, by our own decoders.

#pragma once

#include "ntfs/volume_check.h"

namespace drydock::ntfs {

// Of the volume in `device`, with its log's work applied in memory.  Fails as
// check_volume() does.
Result<VolumeCheck> check_ntfs(const DevicePtr& device, const Progress& progress = {});

// Whether `device`, whose first sector isn't marked as one of any file system, ends
// with the copy of an NTFS volume's.
bool has_boot_copy(const BlockDevice& device);

}  // namespace drydock::ntfs
