#include <openssl/rand.h>

#include "vhd/base/random_bytes.h"

namespace drydock {

Done fill_with_random(MutableBytes into) {
  auto* bytes = reinterpret_cast<unsigned char*>(into.data());
  if (RAND_bytes(bytes, static_cast<int>(into.size())) == 1) return {};
  return Error(Errc::io, "the host's random generator has no bits to give");
}

}  // namespace drydock
