// A VHDX file without what isn't needed in it.

#pragma once

#include "vhd/vhdx/writer.h"

namespace drydock::vhdx {

// As Image::compact() says.
Result<Compaction> compact(BlockDevice& file, Blocks& blocks, Writer& writer,
                           const Progress& progress);

// Cuts what of the file is past the last structure.  Nothing waits for a flush.
Done cut_file(BlockDevice& file, Blocks& blocks);

}  // namespace drydock::vhdx
