// The entries of a FAT: 12, 16 or 32 bits each, and one way to speak of them.
//
// Numbers are FAT32's: kFree, a cluster, kBad, kEndMin and above.  The narrow kinds'
// 0xFF7 and 0xFFF7 and what is above them are widened to those.

#pragma once

#include "ntfs/fat/geometry.h"
#include "ntfs/fat/sector_cache.h"

namespace drydock::fat {

// Where the entry of `cluster` starts, in bytes from its table's start; FAT12's may
// start in the middle of that byte.
std::uint64_t entry_offset(Kind kind, std::uint32_t cluster);

// Of a table of which `bytes` start with the entry of an even cluster, the entry of the
// cluster `index` further; `bytes` holds all of it.
std::uint32_t entry_in(Bytes bytes, Kind kind, std::uint32_t index);

// The entry of `cluster` in table number `table`.  The cluster is 0, 1, or one that the
// volume holds.
Result<std::uint32_t> read_entry(const SectorCache& cache, const Geometry& geometry,
                                 std::uint32_t table, std::uint32_t cluster);
// Leaves alone the bits that aren't the entry's own.
Done write_entry(SectorCache& cache, const Geometry& geometry, std::uint32_t table,
                 std::uint32_t cluster, std::uint32_t value);

// What entry 1 says of how the volume was left.
struct TableState {
  bool clean = true;
  bool no_errors = true;
};
Result<TableState> read_state(const SectorCache& cache, const Geometry& geometry);
// The same out of `bytes`, a table's first eight.
TableState state_in(Bytes bytes, Kind kind);

// Takes every mark away that asks for a check: of each table, and the boot sector's.
Done mark_clean(SectorCache& cache, const Geometry& geometry);

}  // namespace drydock::fat
