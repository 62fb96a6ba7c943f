// Each wound that can be mended, found: one function a wound, pure, with the bytes
// that would mend it.  `volume` is as the log's replay left it.

#pragma once

#include "ntfs/ntfs/boot_sector.h"
#include "ntfs/volume_mend.h"

namespace drydock::ntfs {

Result<std::optional<VolumeWound>> find_boot_wound(const BlockDevice& volume);
Result<std::optional<VolumeWound>> find_mirror_wound(const BlockDevice& volume,
                                                     const BootSector& boot);
Result<std::optional<VolumeWound>> find_list_wound(const BlockDevice& volume,
                                                   const BootSector& boot,
                                                   Records records);
Result<std::optional<VolumeWound>> find_dirty_mark(const DevicePtr& volume,
                                                   const BootSector& boot);

}  // namespace drydock::ntfs

namespace drydock::fat {

Result<std::optional<VolumeWound>> find_dirty_mark(const DevicePtr& volume);

}  // namespace drydock::fat
