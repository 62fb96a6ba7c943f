// Where the parts of a FAT volume lie, out of its boot sector.

#pragma once

#include <string>
#include <string_view>

#include "ntfs/fat/format.h"
#include "vhd/base/result.h"

namespace drydock::fat {

// All offsets and sizes are in bytes, and lie within the device.
struct Geometry {
  Kind kind = Kind::fat32;
  std::uint32_t sector_size = 0;
  std::uint32_t cluster_size = 0;
  std::uint64_t size = 0;           // of the volume; the device may be larger
  std::uint64_t tables_offset = 0;  // of the first table
  std::uint64_t table_size = 0;     // of one table
  std::uint32_t table_count = 0;
  std::uint32_t active_table = 0;  // which one is believed
  bool mirrored = true;            // all tables are written alike
  std::uint64_t clusters_offset = 0;
  std::uint32_t cluster_count = 0;  // numbered from 2
  std::uint32_t root_cluster = 0;   // 0: the root isn't in clusters, but here
  std::uint64_t root_offset = 0;
  std::uint32_t root_size = 0;
  std::uint64_t info_offset = 0;  // 0: there is no FSInfo
  std::uint32_t serial = 0;
  std::uint8_t state = 0;

  bool holds(std::uint32_t cluster) const {
    return cluster >= kFirstCluster && cluster - kFirstCluster < cluster_count;
  }
  std::uint32_t cluster_end() const { return kFirstCluster + cluster_count; }
  // Where a file's chain starts.  FAT12 and FAT16 have no upper half: OS/2 and
  // Windows NT kept a handle of extended attributes there.
  std::uint32_t first_cluster(const ShortSlot& slot) const {
    return kind == Kind::fat32 ? slot.cluster() : std::uint32_t{slot.cluster_low};
  }
  // `cluster` is one that the volume holds.
  std::uint64_t offset_of(std::uint32_t cluster) const {
    return clusters_offset + std::uint64_t(cluster - kFirstCluster) * cluster_size;
  }
};

std::string_view to_string(Kind kind);  // "fat32"

// "fat12", "fat16" or "fat32" for the first 512 bytes of a FAT volume, "" for
// anything else.
std::string_view kind_of(Bytes boot_sector);

// Checks every number of `boot_sector` against the others and `device_size`.
// corrupt where they don't agree; unsupported for a version that isn't 0.
Result<Geometry> read_geometry(Bytes boot_sector, std::uint64_t device_size);

}  // namespace drydock::fat
