// The bitmaps of an image's blocks: a bit for each sector, the most significant of
// a byte first.  1: the sector is in the block.  0: it was never written there; a
// differencing image's parent has it, and in a dynamic image it is zeros.
//
// They are read when they are asked for, and the last ones are kept.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "vhd/block_device.h"

namespace drydock::vhd1 {

using Bitmap = std::shared_ptr<const ByteVector>;

// The run of bits alike that begins at `first`, in bits, ending before `end`.
struct BitRun {
  std::uint64_t length = 0;
  bool set = false;
};
BitRun run_of_bits(Bytes bitmap, std::uint64_t first, std::uint64_t end);

// Sets the bits [first, end).
void set_bits(MutableBytes bitmap, std::uint64_t first, std::uint64_t end);

class BitmapCache {
 public:
  explicit BitmapCache(std::uint64_t bitmap_size);

  // The one at `place` in the file.
  Result<Bitmap> read(const BlockDevice& file, std::uint64_t place) const;
  // It is what it was no longer.
  void forget(std::uint64_t place);

 private:
  struct Kept {
    std::shared_mutex mutex;
    std::unordered_map<std::uint64_t, Bitmap> by_place;
  };

  std::uint64_t bitmap_size_;
  std::size_t count_max_;
  std::unique_ptr<Kept> kept_;
};

}  // namespace drydock::vhd1
