// How this folder reads files: in pieces, so that the size of one is no matter.

#pragma once

#include <functional>
#include <span>

#include "repair/signature/pe.h"

namespace drydock::signature {

// Calls `use` with the bytes of each range, in order, about 1 MiB at a time, and
// `progress` after each.  Fails as they do, and as a read of `file` does.
Done for_each_piece(const BlockDevice& file, std::span<const Range> ranges,
                    const std::function<void(Bytes piece)>& use,
                    const Progress& progress);

}  // namespace drydock::signature
