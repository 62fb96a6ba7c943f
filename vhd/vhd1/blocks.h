// Where each byte of a dynamic or differencing disk is: the table and the bitmaps
// together, as they are in memory; the writer carries what has changed to the file.

#pragma once

#include <map>

#include "vhd/vhd1/bitmaps.h"
#include "vhd/vhd1/table.h"

namespace drydock::vhd1 {

class Blocks {
 public:
  // Fails as Table::load() does.
  static Result<Blocks> load(DevicePtr file, const Container& container);

  const Table& table() const { return table_; }

  // The bytes of the disk from `offset` on, no more than `length_max`, that are side
  // by side in the file, or of which none is in it.
  struct Run {
    std::uint64_t length = 0;
    std::optional<std::uint64_t> file_offset;
  };
  Result<Run> run(std::uint64_t offset, std::uint64_t length_max) const;

  // The bitmap of a block that there is.
  Result<ByteVector> bitmap(std::uint64_t block) const;

  // The block is at `place` now, and has this bitmap there, or is nowhere.
  void put(std::uint64_t block, std::uint64_t place, ByteVector bitmap);
  void drop(std::uint64_t block);
  // These sectors of it are in the file.
  Done mark(std::uint64_t block, std::uint64_t first_sector, std::uint64_t end_sector);

  void set_block_count(std::uint64_t count) { table_.set_block_count(count); }

  // Bitmaps that the file doesn't have yet, by block.
  const std::map<std::uint64_t, ByteVector>& changed_bitmaps() const {
    return changed_bitmaps_;
  }
  // All of it is in the file now.
  void forget_changes();

 private:
  Blocks(DevicePtr file, Table table);

  DevicePtr file_;
  Table table_;
  BitmapCache cache_;
  std::map<std::uint64_t, ByteVector> changed_bitmaps_;
};

}  // namespace drydock::vhd1
