#include "harness/scenarios/memory_copy.h"

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::scenarios {

Result<DevicePtr> MemoryCopy::of(const BlockDevice& device) {
  std::shared_ptr<MemoryCopy> copy(new MemoryCopy(device.size(), device.sector_size()));
  for (std::uint64_t at = 0; at < device.size();) {
    Extent extent = TRY(device.extent(at));
    if (extent.zero) {
      at += extent.length;
      continue;
    }
    std::uint64_t number = at / kPieceSize;
    std::uint64_t start = number * kPieceSize;
    ByteVector piece(std::min(kPieceSize, device.size() - start));
    TRY(device.read(start, piece));
    if (!is_zero(piece)) copy->pieces_.emplace(number, std::move(piece));
    at = start + kPieceSize;
  }
  return DevicePtr(std::move(copy));
}

Done MemoryCopy::do_read(std::uint64_t offset, MutableBytes into) const {
  while (!into.empty()) {
    std::uint64_t in_piece = offset % kPieceSize;
    std::size_t length = std::min<std::uint64_t>(into.size(), kPieceSize - in_piece);
    auto piece = pieces_.find(offset / kPieceSize);
    if (piece == pieces_.end()) {
      std::fill_n(into.begin(), length, std::byte{0});
    } else {
      std::copy_n(piece->second.begin() + static_cast<std::ptrdiff_t>(in_piece), length,
                  into.begin());
    }
    offset += length;
    into = into.subspan(length);
  }
  return {};
}

Done MemoryCopy::do_write(std::uint64_t, Bytes) {
  return Error(Errc::read_only, "a copy in memory takes no writes");
}

Result<Extent> MemoryCopy::do_extent(std::uint64_t offset) const {
  std::uint64_t number = offset / kPieceSize;
  auto next = pieces_.lower_bound(number);
  bool zero = next == pieces_.end() || next->first != number;
  std::uint64_t end = zero ? (next == pieces_.end() ? size_ : next->first * kPieceSize)
                           : (number + 1) * kPieceSize;
  return Extent{.length = std::min(end, size_) - offset, .zero = zero};
}

}  // namespace drydock::scenarios
