// A new VHDX file: fixed, dynamic or differencing.
//
// All of it is written and flushed before the file identifier, and that is
// flushed too: until the end the file bears no mark of a VHDX.

#pragma once

#include "vhd/create.h"

namespace drydock::vhdx {

// As create_image() says, of ImageFormat::vhdx.
Done create(BlockDevice& file, const CreateOptions& options);

}  // namespace drydock::vhdx
