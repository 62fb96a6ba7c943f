// A new VHD file: fixed, dynamic or differencing.
//
// All of it is written and flushed before the footers, and those are flushed too:
// until the end the file bears no mark of a VHD.

#pragma once

#include "vhd/create.h"

namespace drydock::vhd1 {

// As create_image() says, of ImageFormat::vhd.
Done create(BlockDevice& file, const CreateOptions& options);

}  // namespace drydock::vhd1
