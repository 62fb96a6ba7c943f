// A security descriptor: as bytes where the first byte is even, else as text.

#include <cstdlib>

#include "ntfs/security/sddl.h"

namespace drydock::security {
namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// What was decoded can be said, and what was said means the same again.
void try_descriptor(const Descriptor& descriptor) {
  std::string text = to_sddl(descriptor);
  auto again = parse_sddl(text);
  require(static_cast<bool>(again));
  require(to_sddl(*again) == text);
  // Encoded once, an ACE has its padding, and stays as it is.
  auto bytes = encode_descriptor(descriptor);
  auto shown = bytes ? sddl_of(*bytes) : Result<std::string>("");
  if (!bytes || !shown) return;
  auto second = encode_descriptor(*parse_sddl(*shown));
  require(static_cast<bool>(second));
  require(*sddl_of(*second) == *shown);
}

}  // namespace
}  // namespace drydock::security

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock::security;
  if (size == 0) return 0;
  drydock::Bytes input = std::as_bytes(std::span(data + 1, size - 1));
  auto descriptor =
      data[0] % 2 == 0 ? decode_descriptor(input) : parse_sddl(drydock::as_text(input));
  if (descriptor) try_descriptor(*descriptor);
  return 0;
}
