// Changes to what a VHDX file says of itself, as pages that are carried to it through
// the log, all at once.

#pragma once

#include <map>
#include <vector>

#include "vhd/block_device.h"
#include "vhd/vhdx/log_entry.h"
#include "vhd/vhdx/region_table.h"

namespace drydock::vhdx {

// `file` is one whose log isn't in use and that isn't written to meanwhile.
class StructureEdits {
 public:
  explicit StructureEdits(const BlockDevice& file) : file_(file) {}

  // These bytes of the file.
  Done put(std::uint64_t offset, Bytes bytes);

  // In both copies of the region table, where the block allocation table is.  They
  // are alike afterwards.
  Done put_bat_region(const Region& bat);

  // An item of the metadata whose size stays, or one that may grow or shrink.
  Done put_virtual_size(const Region& metadata, std::uint64_t size);
  Done put_parent_locator(const Region& metadata, Bytes item);

  // In the order of the file; valid until the next change.
  std::vector<PageWrite> pages() const;

 private:
  const BlockDevice& file_;
  std::map<std::uint64_t, ByteVector> pages_;  // by file offset
};

}  // namespace drydock::vhdx
