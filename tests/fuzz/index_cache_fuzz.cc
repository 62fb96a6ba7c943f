// Input: what follows the hash in a file that keeps catalogs, whose hash is set right.

#include <cstdlib>

#include "repair/signature/digest.h"
#include "repair/signature/index_cache.h"

namespace drydock::signature {
namespace {

ByteVector with_hash(Bytes rest) {
  Hasher hasher(Algorithm::sha256);
  hasher.add(rest);
  ByteVector file;
  Bytes magic = bytes_of(std::string_view("drydkcat"));
  Digest hash = hasher.finish();
  for (Bytes part : {magic, hash.bytes(), rest}) {
    file.insert(file.end(), part.begin(), part.end());
  }
  return file;
}

}  // namespace
}  // namespace drydock::signature

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock::signature;
  auto cache = IndexCache::decode(with_hash(std::as_bytes(std::span(data, size))));
  if (!cache) return 0;
  // What was read is written and read the same.
  auto again = IndexCache::decode(cache->encode());
  if (!again || again->size() != cache->size()) std::abort();
  if (again->encode() != cache->encode()) std::abort();
  return 0;
}
