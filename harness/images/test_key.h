// RSA keys of 2,048 bits that follow from a name: worthless as secrets, and never
// written anywhere.  They are for signatures that are to be the same on every run.

#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "vhd/base/result.h"

namespace drydock::images {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeKey>;

// A name, and which of the numbers that follow from it are its two primes: the first
// that are, so that nobody has to look for them again, or to ask at each start whether
// they are: a test does.
struct TestKey {
  std::string_view name;
  std::uint32_t p = 0;
  std::uint32_t q = 0;
};

inline constexpr TestKey kRootKey = {"drydock harness test root", 30, 52};
inline constexpr TestKey kWindowsKey = {"drydock harness Windows", 248, 18};
inline constexpr TestKey kHardwareKey = {"drydock harness Hardware Compatibility", 122,
                                         85};
inline constexpr TestKey kTimeStampKey = {"drydock harness Time Stamping", 1079, 571};

// io where OpenSSL refuses.
Result<KeyPtr> make_test_key(const TestKey& key);

}  // namespace drydock::images
