// Whether two disks hold the same.

#pragma once

#include <optional>

#include "vhd/block_device.h"
#include "vhd/progress.h"

namespace drydock {

// Where the first byte is in which `a` and `b` differ; nothing where they are the
// same.  What one has beyond the other's end has to be zeros.  What both know to be
// zeros isn't read.  Fails as reading and `progress` do.
Result<std::optional<std::uint64_t>> find_difference(const BlockDevice& a,
                                                     const BlockDevice& b,
                                                     const Progress& progress = {});

}  // namespace drydock
