// The check of those parts of an NTFS volume that a change touched: quick, so that
// it can be made of every change before that is carried out.
//
// Looked at are the file records whose bytes changed, the directories that they or
// changed index blocks belong to, and the clusters that those records tell of.
// That no file far away has the same clusters only the whole check can tell.

#pragma once

#include <cstdint>
#include <vector>

#include "ntfs/volume_check.h"

namespace drydock::ntfs {

// Some bytes of a volume.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// Of the volume in `device`, of which `changed` were changed.  An empty list of
// problems means that nothing is broken there.
Result<VolumeCheck> check_touched(const BlockDevice& device,
                                  const std::vector<ByteRange>& changed);

}  // namespace drydock::ntfs
