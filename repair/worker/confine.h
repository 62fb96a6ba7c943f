// What a worker does to itself before it looks at its first byte.

#pragma once

#include <cstdint>

#include "vhd/base/result.h"

namespace drydock::worker {

// No core file, and no more memory than this beyond what is in use.
void limit_memory(std::uint64_t size);

// No network, no other program, no new privileges; opening, making, renaming and
// removing files wait for the parent's answer.  Gives the descriptor on which the
// parent hears of them.  unsupported where the kernel has no such filter; what was
// taken away until then stays so.
Result<int> confine();

}  // namespace drydock::worker
