// Another size for the disk in a VHDX.

#pragma once

#include "vhd/vhdx/container.h"
#include "vhd/vhdx/writer.h"

namespace drydock::vhdx {

// Grows the disk with zeros, or cuts it; safe when this returns, and a power cut
// leaves the one size or the other.  `blocks` are read anew.  bad_argument for a size
// that no VHDX has.
Done resize(const std::shared_ptr<BlockDevice>& file, Blocks& blocks, Writer& writer,
            std::uint64_t size);

}  // namespace drydock::vhdx
