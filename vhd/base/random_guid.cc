#include "vhd/base/random_guid.h"

#include <openssl/rand.h>

namespace drydock {

Result<Guid> random_guid() {
  Guid guid;
  auto* bytes = reinterpret_cast<unsigned char*>(guid.bytes.data());
  if (RAND_bytes(bytes, static_cast<int>(guid.bytes.size())) != 1) {
    return Error(Errc::io, "the host's random generator has no bits to give");
  }
  // The third field is little-endian: its high byte, with the version, is the
  // second.
  bytes[7] = static_cast<unsigned char>((bytes[7] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  return guid;
}

}  // namespace drydock
