#include "repair/signature/index_cache.h"
#include "tests/fuzz/seeds.h"

namespace drydock::fuzz {

std::vector<ByteVector> make_seeds() {
  constexpr std::size_t kFirst = 40;  // the input begins behind the hash
  signature::IndexCache cache;
  cache.add({.name = "oem3.cat", .size = 300, .modified = 7}, {{std::byte{1}}});
  cache.add({.name = "empty.cat", .size = 0, .modified = 0}, {});
  ByteVector file = cache.encode();
  ByteVector rest(file.begin() + kFirst, file.end());
  ByteVector cut(rest.begin(), rest.end() - 1);
  return {ByteVector(), rest, cut};
}

}  // namespace drydock::fuzz
