// Bytes: a view of raw bytes, and the checked way from bytes to structs.
//
// An on-disk struct is copied out with load<T>() and in with store(): both
// check the range, and memory is never cast to a struct.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace drydock {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;
using ByteVector = std::vector<std::byte>;

// A struct that lies on disks: its bytes are its meaning.
template <class T>
concept OnDisk = std::is_trivially_copyable_v<T> && alignof(T) == 1 &&
                 !std::is_array_v<T>;

// The T at `offset`, or nothing where `from` ends before it does.
template <OnDisk T>
std::optional<T> load(Bytes from, std::size_t offset = 0) {
  if (offset > from.size() || sizeof(T) > from.size() - offset) return std::nullopt;
  T value;
  std::memcpy(&value, from.data() + offset, sizeof(T));
  return value;
}

// Copies `value` to `offset`; false, and nothing written, where it won't fit.
template <OnDisk T>
[[nodiscard]] bool store(MutableBytes into, std::size_t offset, const T& value) {
  if (offset > into.size() || sizeof(T) > into.size() - offset) return false;
  std::memcpy(into.data() + offset, &value, sizeof(T));
  return true;
}

// The bytes of one value or of a run of characters, to be written or hashed.
template <OnDisk T>
Bytes bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}
inline Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Bytes that happen to be text.
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Whether all of `bytes` are zero.  Fast enough to ask of whole disks.
bool is_zero(Bytes bytes);

}  // namespace drydock
