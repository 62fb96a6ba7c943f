// A hash of what a guest can see of a disk, whatever container holds it.
//
// SHA-256 over the size (le64) and, in ascending order, each kHashPieceSize
// piece that isn't all zeros, preceded by its offset (le64).  Zeros are left
// out however they are stored, so the same disk in a raw file, in a VHDX and in
// another VHDX of other block size has one hash, and a 127 GiB disk that is
// nearly empty is hashed in the time that its contents take.

#pragma once

#include <string>

#include "vhd/block_device.h"
#include "vhd/progress.h"

namespace drydock {

inline constexpr std::uint64_t kHashPieceSize = 64 * 1024;  // in bytes

// 64 lower-case hex digits.  Fails as reading and `progress` do.
Result<std::string> content_hash(const BlockDevice& device,
                                 const Progress& progress = {});

}  // namespace drydock
