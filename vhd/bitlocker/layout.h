// Which bytes of a volume are where, and how they lie there.
//
//   what a reader sees                      what the disk holds
//   [0, head size)                          the head's place, encrypted
//   the head's place, the three copies      something else: shown as zeros
//   the rest, up to encrypted_size          the same place, encrypted
//   the rest                                the same place, plain

#pragma once

#include <vector>

#include "vhd/bitlocker/metadata.h"

namespace drydock::bitlocker {

struct Stretch {
  enum class Kind : std::uint8_t {
    encrypted,
    plain,
    zeros,       // BitLocker's own
    vista_boot,  // plain but for two fields of the boot sector
  };
  Kind kind{};
  std::uint64_t offset = 0;  // that a reader sees
  std::uint64_t size = 0;
  std::uint64_t target = 0;  // in the encrypted volume
};

// In order, from 0 to the volume's size, none of them empty; a handful.  corrupt where
// parts run past the end or overlap, or don't begin and end with a sector.
Result<std::vector<Stretch>> layout_of(const Metadata& metadata);

}  // namespace drydock::bitlocker
