// What --stats says of memory.

#pragma once

#include <cstdint>

namespace drydock::cli {

// The most that this process has held so far, in bytes.
std::uint64_t peak_memory();

}  // namespace drydock::cli
