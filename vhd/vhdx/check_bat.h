// The rules of the block allocation table, and of the file's space.

#pragma once

#include <vector>

#include "vhd/check.h"
#include "vhd/vhdx/container.h"

namespace drydock::vhdx {

// Adds what it finds to `problems`, up to kProblemCountMax.  Fails as reading does.
Done check_bat(const Container& container, std::vector<Problem>& problems);

}  // namespace drydock::vhdx
