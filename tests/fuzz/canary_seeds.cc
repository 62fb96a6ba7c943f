#include "tests/fuzz/seeds.h"

namespace drydock::fuzz {

// One flipped bit away from the bug, which the replay's mutations find; a
// fuzzer gets there by itself.
std::vector<ByteVector> make_seeds() {
  auto bytes = bytes_of("bire");
  return {ByteVector(bytes.begin(), bytes.end())};
}

}  // namespace drydock::fuzz
