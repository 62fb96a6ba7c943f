// The lists that lead from a key to its subkeys, kept as Windows keeps them: in
// the order of upper case, with the right hints, no list empty, and split in
// two when one is full.

#pragma once

#include <cstdint>

#include "repair/hive/cell_space.h"
#include "vhd/base/result.h"

namespace drydock::hive {

// Both change the parent's count and list as well, and may leave an edit half
// done when they fail: CellSpace::undo() is the caller's.

// Names `subkey`, whose cell is complete, in the lists of `parent`.
Done add_to_lists(CellSpace& space, std::uint32_t parent, std::uint32_t subkey);

// corrupt where the lists of `parent` don't name it.
Done remove_from_lists(CellSpace& space, std::uint32_t parent, std::uint32_t subkey);

}  // namespace drydock::hive
