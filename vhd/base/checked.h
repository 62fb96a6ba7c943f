// Arithmetic on numbers that came from a disk: nothing where it overflows.

#pragma once

#include <cstdint>
#include <optional>

namespace drydock::checked {

inline std::optional<std::uint64_t> add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

inline std::optional<std::uint64_t> mul(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// The least multiple of `unit` that isn't below `value`; nothing for unit 0.
inline std::optional<std::uint64_t> align_up(std::uint64_t value, std::uint64_t unit) {
  if (unit == 0) return std::nullopt;
  std::uint64_t rest = value % unit;
  return rest == 0 ? value : add(value, unit - rest);
}

// Whether [offset, offset + length) lies within [0, size).
inline bool within(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return offset <= size && length <= size - offset;
}

// Whether [a, a + a_length) and [b, b + b_length) share a byte.  Neither sum
// may overflow: check the ranges first.
inline bool overlap(std::uint64_t a, std::uint64_t a_length, std::uint64_t b,
                    std::uint64_t b_length) {
  return a < b + b_length && b < a + a_length;
}

// Quotient rounded up.  `divisor` isn't zero: check what a disk says first.
constexpr std::uint64_t div_up(std::uint64_t value, std::uint64_t divisor) {
  return value / divisor + (value % divisor != 0);
}

}  // namespace drydock::checked
