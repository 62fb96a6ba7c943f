#include "vhd/base/random_guid.h"

#include "vhd/base/random_bytes.h"
#include "vhd/base/try.h"

namespace drydock {

Result<Guid> random_guid() {
  Guid guid;
  TRY(fill_with_random(guid.bytes));
  // The third field is little-endian: its high byte, with the version, is the
  // second.
  guid.bytes[7] = (guid.bytes[7] & std::byte{0x0f}) | std::byte{0x40};
  guid.bytes[8] = (guid.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return guid;
}

}  // namespace drydock
