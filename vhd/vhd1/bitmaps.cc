#include "vhd/vhd1/bitmaps.h"

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::vhd1 {

namespace {

// What is kept of one image's bitmaps: all of a disk of 128 GiB in blocks of 2 MiB.
constexpr std::uint64_t kKeptSizeMax = 32 << 20;

bool bit_at(Bytes bitmap, std::uint64_t index) {
  return (std::to_integer<unsigned>(bitmap[index / 8]) << index % 8 & 0x80) != 0;
}

}  // namespace

BitRun run_of_bits(Bytes bitmap, std::uint64_t first, std::uint64_t end) {
  bool set = bit_at(bitmap, first);
  std::byte whole{static_cast<unsigned char>(set ? 0xFF : 0x00)};
  std::uint64_t at = first + 1;
  while (at < end) {
    if (at % 8 == 0 && end - at >= 8 && bitmap[at / 8] == whole) {
      at += 8;
    } else if (bit_at(bitmap, at) == set) {
      ++at;
    } else {
      break;
    }
  }
  return {.length = at - first, .set = set};
}

void set_bits(MutableBytes bitmap, std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t at = first; at < end; ++at) {
    bitmap[at / 8] |= std::byte{static_cast<unsigned char>(0x80u >> at % 8)};
  }
}

BitmapCache::BitmapCache(std::uint64_t bitmap_size)
    : bitmap_size_(bitmap_size),
      count_max_(kKeptSizeMax / bitmap_size),
      kept_(std::make_unique<Kept>()) {}

Result<Bitmap> BitmapCache::read(const BlockDevice& file, std::uint64_t place) const {
  {
    std::shared_lock lock(kept_->mutex);
    auto found = kept_->by_place.find(place);
    if (found != kept_->by_place.end()) return found->second;
  }
  ByteVector bytes(bitmap_size_);
  TRY(file.read(place, bytes));
  auto bitmap = std::make_shared<const ByteVector>(std::move(bytes));
  std::unique_lock lock(kept_->mutex);
  if (kept_->by_place.size() >= count_max_) kept_->by_place.clear();
  kept_->by_place[place] = bitmap;
  return bitmap;
}

void BitmapCache::forget(std::uint64_t place) { kept_->by_place.erase(place); }

}  // namespace drydock::vhd1
