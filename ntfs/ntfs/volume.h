// An NTFS volume, by libntfs-3g on our own device: no kernel, no FUSE, no path
// of the host.
//
// A volume that isn't clean opens for reading, unreplayed, and facts() says
// so; each change of it is refused as busy, with the reason.

#pragma once

#include "ntfs/open_volume.h"

namespace drydock::ntfs {

// Fails with corrupt when the boot sector, $MFT or another system file can't
// be believed.
Result<FileSystemPtr> open(DevicePtr partition, VolumeOptions options = {});

}  // namespace drydock::ntfs
