// A record of $MFT and its copy in $MFTMirr.

#pragma once

#include <cstdint>

#include "vhd/base/bytes.h"

namespace drydock::ntfs {

// However large its clusters are, Windows keeps the copies of these alone up to
// date: seen with clusters of 2 MiB, where the rest were never written again.
inline constexpr std::uint64_t kMirroredCount = 4;

enum class MirrorState : std::uint8_t {
  twins,
  differ,       // both are sound
  record_torn,  // $MFT's: it is torn, or no record; the copy is sound
  copy_torn,
  both_torn,
};

// Of both as they lie on the disk, fixups and all; of one size.
MirrorState compare_mirrored(ByteVector record, ByteVector copy);

}  // namespace drydock::ntfs
