// The check of what a rehearsed change touched, before it is carried out.

#pragma once

#include <vector>

#include "repair/disk.h"
#include "vhd/overlay.h"

namespace drydock::repair {

// `changes` make `after`, which `disk` was opened on, out of `before`.  corrupt where
// an NTFS or FAT volume has a fault then that it didn't have.
Done check_touched_volumes(const Disk& disk, const DevicePtr& before,
                           const DevicePtr& after,
                           const std::vector<Overlay::Change>& changes);

}  // namespace drydock::repair
