// The block allocation table: where in the file each block of the disk is.
//
// It is read whole when the image is opened, and checked whole: after that no block
// can be outside of the file, on top of another, or on top of what isn't a block.
// Changes are made in memory; what changes() names is then written by the writer.

#pragma once

#include <map>
#include <optional>
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

  // From now on the block is at `place`, a multiple of the sector size, or nowhere.
  void set_place(std::uint64_t block, std::optional<std::uint64_t> place);
  // New blocks are nowhere.
  void set_block_count(std::uint64_t count) { sectors_.resize(count, kNoBlock); }

  // The blocks whose place isn't the one that the file has for them, and that.
  using Changes = std::map<std::uint64_t, std::optional<std::uint64_t>>;
  const Changes& changes() const { return changes_; }
  // The table in the file is this one now.
  void forget_changes() { changes_.clear(); }

 private:
  explicit Table(const Container& container);
  Done read(const BlockDevice& file, std::uint64_t offset);
  Done check(const Container& container) const;
  std::uint64_t used_of(std::uint64_t block) const;

  std::uint64_t virtual_size_;
  std::uint64_t block_size_;
  std::uint64_t bitmap_size_;
  std::vector<std::uint32_t> sectors_;
  Changes changes_;
};

}  // namespace drydock::vhd1
