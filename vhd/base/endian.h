// Integers as disks hold them: of one byte order, at any alignment.
//
// le32 is four bytes in a struct and a std::uint32_t in an expression;
// reading and assigning convert.  Nothing else in drydock swaps bytes.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace drydock {

namespace endian_detail {

template <class T>
constexpr T swap(T value) {
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

}  // namespace endian_detail

template <class T, std::endian order>
class EndianInteger {
 public:
  constexpr EndianInteger() = default;
  constexpr EndianInteger(T value)
      : bytes_(std::bit_cast<Raw>(
            order == std::endian::native ? value : endian_detail::swap(value))) {}
  constexpr operator T() const {
    T value = std::bit_cast<T>(bytes_);
    return order == std::endian::native ? value : endian_detail::swap(value);
  }

 private:
  using Raw = std::array<std::byte, sizeof(T)>;
  Raw bytes_{};
};

using le16 = EndianInteger<std::uint16_t, std::endian::little>;
using le32 = EndianInteger<std::uint32_t, std::endian::little>;
using le64 = EndianInteger<std::uint64_t, std::endian::little>;
using be16 = EndianInteger<std::uint16_t, std::endian::big>;
using be32 = EndianInteger<std::uint32_t, std::endian::big>;
using be64 = EndianInteger<std::uint64_t, std::endian::big>;

static_assert(sizeof(le64) == 8 && alignof(le64) == 1);
static_assert(std::is_trivially_copyable_v<le64>);

}  // namespace drydock
