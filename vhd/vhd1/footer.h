// A VHD, as its footer describes it.  It is recognised here, and not opened yet:
// a fixed one looks like a raw disk with 512 bytes too many, and must not be
// taken for one.
//
// The ground is Microsoft's "Virtual Hard Disk Image Format Specification" 1.0.

#pragma once

#include <optional>

#include "vhd/image.h"

namespace drydock::vhd1 {

// Facts of the VHD that `file` is, with `refusal`; nothing where it isn't one.
// Its mark is the footer at its end, or the copy at its start that dynamic and
// differencing ones have.  A footer whose checksum is wrong is a mark, too,
// and the refusal says so.  corrupt for a kind that isn't known.
Result<std::optional<ImageFacts>> examine(const BlockDevice& file);

}  // namespace drydock::vhd1
