#include "vhd/vhdx/checksum.h"

#include "vhd/base/crc.h"
#include "vhd/base/endian.h"

namespace drydock::vhdx {

std::uint32_t checksum_of(Bytes structure) {
  constexpr le32 kZero = 0;
  std::uint32_t crc = crc32c(structure.first(4));
  crc = crc32c(bytes_of(kZero), crc);
  return crc32c(structure.subspan(8), crc);
}

}  // namespace drydock::vhdx
