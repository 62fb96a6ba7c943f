#include "vhd/compare.h"

#include <algorithm>
#include <cstring>

#include "vhd/base/try.h"

namespace drydock {

namespace {

constexpr std::uint64_t kPieceSize = 1 << 20;

// What is known from `offset` on; past the end, zeros without one.
Result<Extent> extent_or_zeros(const BlockDevice& device, std::uint64_t offset,
                               std::uint64_t end) {
  if (offset >= device.size()) return Extent{.length = end - offset, .zero = true};
  return device.extent(offset);
}

// The place of the first difference between `a` and `b`, of one length.
std::size_t first_difference(Bytes a, Bytes b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

// `length` bytes of the device into `buffer`, or zeros where that is known.
Result<Bytes> bytes_at(const BlockDevice& device, std::uint64_t offset, Extent extent,
                       MutableBytes buffer) {
  if (extent.zero) {
    std::memset(buffer.data(), 0, buffer.size());
  } else {
    TRY(device.read(offset, buffer));
  }
  return Bytes(buffer);
}

}  // namespace

Result<std::optional<std::uint64_t>> find_difference(const BlockDevice& a,
                                                     const BlockDevice& b,
                                                     const Progress& progress) {
  ByteVector buffers[2] = {ByteVector(kPieceSize), ByteVector(kPieceSize)};
  std::uint64_t end = std::max(a.size(), b.size());
  for (std::uint64_t at = 0; at < end;) {
    Extent of_a = TRY(extent_or_zeros(a, at, end));
    Extent of_b = TRY(extent_or_zeros(b, at, end));
    std::uint64_t length = std::min(of_a.length, of_b.length);
    if (!of_a.zero || !of_b.zero) {
      length = std::min(length, kPieceSize);
      Bytes from_a = TRY(bytes_at(a, at, of_a, MutableBytes(buffers[0]).first(length)));
      Bytes from_b = TRY(bytes_at(b, at, of_b, MutableBytes(buffers[1]).first(length)));
      if (std::memcmp(from_a.data(), from_b.data(), length) != 0) {
        return std::optional(at + first_difference(from_a, from_b));
      }
    }
    at += length;
    if (progress) TRY(progress(at, end));
  }
  return std::optional<std::uint64_t>();
}

}  // namespace drydock
