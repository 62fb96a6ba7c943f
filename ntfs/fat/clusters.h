// The clusters of a volume: which follows which, which are free, and what they
// hold.
//
// All changes to the tables and FSInfo gather in the cache until commit().
// Every number out of a table is checked before it is followed, and every
// chain has a bound: a volume from a stranger may go in circles.

#pragma once

#include <optional>
#include <string>

#include "ntfs/fat/chain.h"
#include "ntfs/fat/geometry.h"
#include "ntfs/fat/sector_cache.h"

namespace drydock::fat {

class Clusters {
 public:
  // Reads the boot sector and the table's first sector.  corrupt where either
  // can't be believed.
  static Result<Clusters> open(DevicePtr device);

  const Geometry& geometry() const { return geometry_; }

  // Why the volume isn't clean, in words; empty when it is.
  Result<std::string> unclean() const;

  // The chain that starts at `first`, which may be 0: no chain.  corrupt where
  // it leaves the volume, meets a free or bad cluster, comes back to itself, or
  // has more than `count_max` clusters.
  Result<Chain> chain(std::uint32_t first, std::uint32_t count_max) const;

  // Lengthens `chain` by `count` clusters that were free, near its end if
  // possible; what they hold is whatever they held.  no_space, or corrupt.
  Done extend(Chain& chain, std::uint32_t count);

  // Frees all but the first `count` clusters of `chain`.
  Done cut(Chain& chain, std::uint32_t count);

  // In clusters.  From FSInfo if it can be believed, else by reading a table.
  Result<std::uint32_t> free_count() const;

  // How many clusters hold `size` bytes.
  std::uint32_t count_for(std::uint64_t size) const;

  // What lies in a chain; the range is within it.  Directories go through the
  // cache, and the data of files past it.  Of an empty chain: the root of FAT12 and
  // FAT16, which has a place of its own.
  Done read_structure(const Chain& chain, std::uint64_t offset,
                      MutableBytes into) const;
  Done write_structure(const Chain& chain, std::uint64_t offset, Bytes from);
  Done read_data(const Chain& chain, std::uint64_t offset, MutableBytes into) const;
  Done write_data(const Chain& chain, std::uint64_t offset, Bytes from);

  Done commit() { return cache_.commit(); }
  void rollback() { cache_.rollback(); }
  Done flush() { return cache_.device()->flush(); }
  bool writable() const { return cache_.device()->writable(); }

 private:
  Clusters(DevicePtr device, const Geometry& geometry)
      : geometry_(geometry), cache_(std::move(device), geometry.sector_size) {}

  Result<std::uint32_t> next(std::uint32_t cluster) const;
  Done set_next(std::uint32_t cluster, std::uint32_t value);
  Result<std::uint64_t> place_in_root(std::uint64_t offset, std::uint64_t length) const;
  Result<std::uint32_t> find_free(std::uint32_t from) const;
  Result<std::uint32_t> count_free() const;
  Result<std::optional<InfoSector>> info() const;
  Done note(std::int64_t change, std::uint32_t next_free);

  Geometry geometry_;
  SectorCache cache_;
};

}  // namespace drydock::fat
