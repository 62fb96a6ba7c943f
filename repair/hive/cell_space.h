// Room for cells: takes free ones, gives used ones back, adds bins at the end.
//
// It changes the bytes of a hive in memory and remembers what was there, so
// that an edit that can't be finished is taken back whole.  The bytes have
// passed believe(): bins are tiled by cells.

#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "repair/hive/cells.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::hive {

class CellSpace {
 public:
  // Borrows `file`, which must outlive it and which nobody else may change.
  explicit CellSpace(ByteVector& file) : file_(&file) {}

  // As they are now; good until the next allocate().
  Cells cells() const { return Cells(*file_); }

  // A cell with room for `size` bytes, all zero.  no_space where the hive would
  // grow beyond kHiveSizeMax.
  Result<std::uint32_t> allocate(std::size_t size);
  // Its neighbours, where free, become one with it.  Nothing for what is no cell
  // in use.
  void free(std::uint32_t cell);

  // `at` bytes into what a cell holds, and within it.
  template <OnDisk T>
  void put(std::uint32_t cell, std::size_t at, const T& value) {
    put_bytes(cell, at, bytes_of(value));
  }
  void put_bytes(std::uint32_t cell, std::size_t at, Bytes bytes);

  // What has changed since the last keep() is for good, or is taken back.
  void keep() { undo_.clear(); }
  void undo();

 private:
  struct Change {
    std::size_t offset = 0;  // in the file
    ByteVector old;
    std::size_t file_size = 0;  // before it
  };

  void index();
  void write(std::size_t offset, Bytes bytes);
  void write_cell_size(std::uint32_t cell, std::uint32_t size);
  Result<std::uint32_t> add_bin(std::uint32_t size);

  ByteVector* file_;
  std::vector<Change> undo_;
  bool indexed_ = false;
  std::map<std::uint32_t, std::uint32_t> bins_;  // where each starts, and ends
  std::map<std::uint32_t, std::uint32_t> free_;  // cells, with their sizes
};

}  // namespace drydock::hive
