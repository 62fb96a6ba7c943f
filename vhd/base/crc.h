// The two checksums that disks use.
//
// crc32(): polynomial 0x04C11DB7 reflected, as in GPT (UEFI 2.10, 5.3.2).
// crc32c(): Castagnoli's 0x1EDC6F41 reflected, as in VHDX ([MS-VHDX] 2.2.2)
// and in drydock's own journal.

#pragma once

#include <cstdint>

#include "vhd/base/bytes.h"

namespace drydock {

// `seed` is the result over the bytes before these, 0 at the start.
std::uint32_t crc32(Bytes bytes, std::uint32_t seed = 0);
std::uint32_t crc32c(Bytes bytes, std::uint32_t seed = 0);

}  // namespace drydock
