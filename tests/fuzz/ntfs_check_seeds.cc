#include "tests/fuzz/check_volume.h"
#include "tests/fuzz/seeds.h"
#include "vhd/base/endian.h"

namespace drydock::fuzz {
namespace {

// The volume's own bytes, as a patch that changes nothing: to be mutated.
ByteVector patch(Bytes volume, std::size_t at, std::size_t length) {
  le32 place = static_cast<std::uint32_t>(at);
  ByteVector input(bytes_of(place).begin(), bytes_of(place).end());
  input.push_back(static_cast<std::byte>(length));
  Bytes bytes = volume.subspan(at, length);
  input.insert(input.end(), bytes.begin(), bytes.end());
  return input;
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  ByteVector volume = CheckedVolume().take();
  std::vector<ByteVector> seeds = {{}, patch(volume, 0, 96)};
  for (std::size_t record : {0, 1, 3, 5, 6, 8, 9, 10, 24, 25}) {
    for (std::size_t at = 0; at < 0x200; at += 128) {
      seeds.push_back(patch(volume, kCheckedMft + record * 1024 + at, 128));
    }
  }
  for (std::size_t at = 0; at < 0x400; at += 128) {
    seeds.push_back(patch(volume, 12 * kCheckedCluster + at, 128));
  }
  return seeds;
}

}  // namespace drydock::fuzz
