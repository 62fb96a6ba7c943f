// Marvin32, the hash by which Windows knows whether a log entry is whole.
//
// It guards against torn writes, not against people: whoever writes a log can
// compute it.

#pragma once

#include <cstdint>

#include "vhd/base/bytes.h"

namespace drydock::hive {

// With the seed that the registry's logs use.
std::uint64_t marvin32(Bytes bytes);

}  // namespace drydock::hive
