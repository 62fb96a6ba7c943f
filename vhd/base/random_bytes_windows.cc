// windows.h comes first: bcrypt.h doesn't stand alone.
#include <windows.h>
//
#include <bcrypt.h>

#include "vhd/base/random_bytes.h"

namespace drydock {

Done fill_with_random(MutableBytes into) {
  auto* bytes = reinterpret_cast<UCHAR*>(into.data());
  if (BCRYPT_SUCCESS(::BCryptGenRandom(nullptr, bytes, static_cast<ULONG>(into.size()),
                                       BCRYPT_USE_SYSTEM_PREFERRED_RNG))) {
    return {};
  }
  return Error(Errc::io, "the host's random generator has no bits to give");
}

}  // namespace drydock
