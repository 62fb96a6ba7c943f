// How a volume's sectors are encrypted.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace drydock::bitlocker {

// The numbers are the disk's.  libbde, "Encryption methods"; dissect.fve.
enum class Method : std::uint16_t {
  aes_cbc_128_elephant = 0x8000,
  aes_cbc_256_elephant = 0x8001,
  aes_cbc_128 = 0x8002,
  aes_cbc_256 = 0x8003,
  aes_xts_128 = 0x8004,
  aes_xts_256 = 0x8005,
};

// Nothing for a number that stands for none of them.
std::optional<Method> method_of(std::uint16_t number);

// "aes-xts-128": as --json prints it.
std::string_view to_string(Method method);

// Of the whole key, in bytes: XTS has two of its name's size, and Elephant a key
// and a tweak key in 32 bytes each, of which the smaller uses the first 16.
std::size_t key_size(Method method);

}  // namespace drydock::bitlocker
