// Metadata of each kind, with every protector, sound and bent; startup keys and key
// files.

#include "tests/fuzz/seeds.h"
#include "tests/support/bitlocker_builder.h"
#include "vhd/base/endian.h"

namespace drydock::fuzz {

namespace {

using testing::BitlockerBuild;

ByteVector seed(unsigned choices, Bytes bytes) {
  ByteVector seed = {static_cast<std::byte>(choices)};
  seed.insert(seed.end(), bytes.begin(), bytes.end());
  return seed;
}

// The first copy, without the zeros at its end.
ByteVector copy_of(BitlockerBuild build) {
  constexpr std::size_t kCopy = 64 * 1024;
  build.copies = {kCopy, 2 * kCopy, 3 * kCopy};
  build.head = 16 * 1024;
  ByteVector volume = testing::build_bitlocker(ByteVector(256 * 1024), build);
  ByteVector copy(volume.begin() + kCopy, volume.begin() + 2 * kCopy);
  while (!copy.empty() && copy.back() == std::byte{0}) copy.pop_back();
  return copy;
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds;
  for (std::uint16_t method = 0x8000; method <= 0x8006; ++method) {
    seeds.push_back(
        seed(1, copy_of({.method = method, .startup_key = true, .tpm = true})));
  }
  seeds.push_back(seed(1 | 64, copy_of({.sector_size = 4096})));
  seeds.push_back(seed(1 | 2, copy_of({.state = 5, .encrypted_size = 65536})));
  seeds.push_back(seed(1 | 4, copy_of({.state = 1, .encrypted_size = 0})));
  seeds.push_back(seed(0, copy_of({})));
  ByteVector vista = copy_of({});
  std::uint16_t size = *load<le16>(vista, 8);
  static_cast<void>(store(vista, 8, le16(static_cast<std::uint16_t>(size * 16))));
  static_cast<void>(store(vista, 10, le16(1)));
  seeds.push_back(seed(1 | 8, vista));
  seeds.push_back(seed(16, testing::built_startup_key()));
  seeds.push_back(seed(32, testing::built_startup_key()));
  seeds.push_back(
      seed(32, bytes_of(std::string_view(
                   "# fleet\n* password secret\n"
                   "{10000000-2000-3000-4000-500000000002} recovery-password "
                   "000011-000022-000033-000044-000055-000066-000077-000088\r\n"
                   "10000000-2000-3000-4000-500000000000 volume-key 00ff\n"
                   "* startup-key a.BEK\n"))));
  return seeds;
}

}  // namespace drydock::fuzz
