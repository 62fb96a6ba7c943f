// The region table: where in the file the block allocation table and the
// metadata are.

#pragma once

#include <vector>

#include "vhd/block_device.h"
#include "vhd/vhdx/format.h"

namespace drydock::vhdx {

struct Region {
  Guid id;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct RegionTable {
  Region bat;
  Region metadata;
  std::vector<Region> all;  // those two, and those that only others know
};

// Reads the first copy, or the second where the first isn't sound.  corrupt
// where neither is, where a region doesn't lie in the file at whole MiB after
// the first, where two overlap or the log does, or where one of the two known
// ones is missing; unsupported for an unknown one that is required.
Result<RegionTable> read_region_table(const BlockDevice& file, const Header& header);

// The copy that isn't sound, if one is and the other isn't, and what it should
// hold.
struct RegionTableRepair {
  std::uint64_t offset = 0;
  ByteVector bytes;
};
Result<std::optional<RegionTableRepair>> find_region_table_repair(
    const BlockDevice& file);

}  // namespace drydock::vhdx
