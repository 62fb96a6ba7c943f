// The checksum of headers, region tables and log entries.

#pragma once

#include "vhd/base/bytes.h"

namespace drydock::vhdx {

// CRC-32C of a whole structure, its own checksum at +0x04 taken for zero.
// `structure` has 8 bytes at the least.
std::uint32_t checksum_of(Bytes structure);

}  // namespace drydock::vhdx
