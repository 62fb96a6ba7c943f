#include "vhd/base/bytes.h"

namespace drydock {

bool is_zero(Bytes bytes) {
  // Comparing the bytes with themselves one further on lets memcmp's vector
  // code do the work.
  if (bytes.empty()) return true;
  if (bytes[0] != std::byte{0}) return false;
  return std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace drydock
