// Where each byte of a dynamic or differencing disk is: the table and the bitmaps
// together.

#pragma once

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

 private:
  Blocks(DevicePtr file, Table table);

  DevicePtr file_;
  Table table_;
  BitmapCache cache_;
};

}  // namespace drydock::vhd1
