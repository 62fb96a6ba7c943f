// Zeros over a stretch of a file.

#pragma once

#include "vhd/block_device.h"

namespace drydock::vhdx {

// Makes [begin, end) of `file` read as zeros, writing only where it isn't known
// to do so already.
Done write_zeros(BlockDevice& file, std::uint64_t begin, std::uint64_t end);

}  // namespace drydock::vhdx
