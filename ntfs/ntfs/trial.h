// A trial of libntfs-3g before it writes to a volume.
//
// The library is a moving target: a backported fix once made it break what it
// created (tuxera/ntfs-3g #217).  So before the first change of a volume it makes,
// fills, renames and removes a file on an overlay of that volume, in memory, and
// what is then there has to be what was.  Unlike a trial on a volume of our own
// making this one asks the question that matters, of the volume that matters.

#pragma once

#include "ntfs/open_volume.h"

namespace drydock::ntfs {

// unsupported where the library fails.  io as the device has it; a volume that is
// full, or that isn't to be written, passes: the change itself will say so.
Done try_library(DevicePtr partition, const VolumeOptions& options);

}  // namespace drydock::ntfs
