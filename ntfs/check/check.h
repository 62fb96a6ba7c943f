// The check of an NTFS volume, by our own decoders.

#pragma once

#include "ntfs/volume_check.h"

namespace drydock::ntfs {

// Of the volume as `device` shows it: whoever wants its log's work in it has it
// replayed first.  Fails as check_volume() does.
Result<VolumeCheck> check_ntfs(const BlockDevice& device,
                               const Progress& progress = {});

}  // namespace drydock::ntfs
