// The block allocation table: where in the file each block of the disk is.
//
// It is read whole when the image is opened, and checked whole: after that no block
// can be outside of the file, on top of another, or on top of what isn't a block.

#pragma once

#include <optional>
#include <set>
#include <vector>

#include "vhd/vhd1/container.h"

namespace drydock::vhd1 {

class Table {
 public:
  // corrupt where an entry names a place that is outside of the file or taken.
  static Result<Table> load(const BlockDevice& file, const Container& container);

  // How many blocks the disk has.
  std::uint64_t block_count() const { return sectors_.size(); }
  std::uint64_t block_size() const { return block_size_; }
  std::uint64_t bitmap_size() const { return bitmap_size_; }

  // Where in the file the block's bitmap is; the block follows it.
  std::optional<std::uint64_t> place(std::uint64_t block) const {
    if (sectors_[block] == kNoBlock) return std::nullopt;
    return sectors_[block] * kSectorSize;
  }

  // The places of all blocks that there are, ascending.
  std::vector<std::uint64_t> places() const;

 private:
  explicit Table(const Container& container);
  Done read(const BlockDevice& file, std::uint64_t offset);
  Done check(const Container& container) const;
  std::uint64_t used_of(std::uint64_t block) const;

  std::uint64_t virtual_size_;
  std::uint64_t block_size_;
  std::uint64_t bitmap_size_;
  std::vector<std::uint32_t> sectors_;
};

}  // namespace drydock::vhd1
