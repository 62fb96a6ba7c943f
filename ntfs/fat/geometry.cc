#include "ntfs/fat/geometry.h"

#include <fmt/format.h>

#include <bit>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::fat {

namespace {

constexpr std::uint32_t kSectorSizeMin = 512;
constexpr std::uint32_t kSectorSizeMax = 4096;

// The paper's limits, page 14: below the first it is FAT12, below the second
// FAT16.
constexpr std::uint64_t kFat12CountEnd = 4085;
constexpr std::uint64_t kFat16CountEnd = 65525;

template <class... T>
Error corrupt(fmt::format_string<T...> words, T&&... numbers) {
  return Error(Errc::corrupt, fmt::format(words, std::forward<T>(numbers)...));
}

bool is_plausible(const BootSector& boot) {
  std::uint32_t sector_size = boot.bytes_per_sector;
  bool jumps = (boot.jump[0] == 0xEB && boot.jump[2] == 0x90) || boot.jump[0] == 0xE9;
  return boot.signature == kBootSignature && jumps && sector_size >= kSectorSizeMin &&
         sector_size <= kSectorSizeMax && std::has_single_bit(sector_size) &&
         std::has_single_bit(boot.sectors_per_cluster) &&
         boot.reserved_sector_count > 0 && boot.table_count > 0 &&
         (boot.media == 0xF0 || boot.media >= 0xF8);
}

std::uint32_t sector_count(const BootSector& boot) {
  if (boot.sector_count_16 != 0) return boot.sector_count_16;
  return boot.sector_count;
}

// Of everything in front of cluster 2, in sectors.  No field is wide enough
// for the sum to overflow.
std::uint64_t overhead(const BootSector& boot) {
  std::uint64_t table_sectors =
      boot.table_sectors_16 != 0 ? boot.table_sectors_16 : boot.table_sectors;
  std::uint64_t root_size = std::uint64_t(boot.root_entry_count) * sizeof(ShortSlot);
  return boot.reserved_sector_count + boot.table_count * table_sectors +
         checked::div_up(root_size, boot.bytes_per_sector);
}

// How many sectors lie in one table.
std::uint64_t table_sectors(const BootSector& boot) {
  return boot.table_sectors_16 != 0 ? boot.table_sectors_16 : boot.table_sectors;
}

Done read_tables(const BootSector& boot, Geometry& geometry) {
  std::uint64_t sector_size = boot.bytes_per_sector;
  geometry.tables_offset = boot.reserved_sector_count * sector_size;
  geometry.table_size = table_sectors(boot) * sector_size;
  geometry.table_count = boot.table_count;
  std::uint64_t entries =
      geometry.table_size * 8 / static_cast<unsigned>(geometry.kind);
  if (entries < geometry.cluster_end()) {
    return corrupt("a table of {} entries is too short for {} clusters", entries,
                   geometry.cluster_count);
  }
  return {};
}

// The root of FAT12 and FAT16 has a place and a size of its own, behind the tables.
Done read_rest_of_16(const BootSector& boot, Geometry& geometry) {
  auto rest = *load<BootSector16Rest>(bytes_of(boot), kBootSector16RestOffset);
  if (boot.root_entry_count == 0) return corrupt("the root has no room for entries");
  geometry.root_offset =
      geometry.tables_offset + geometry.table_count * geometry.table_size;
  geometry.root_size =
      static_cast<std::uint32_t>(boot.root_entry_count * sizeof(ShortSlot));
  geometry.serial = rest.serial;
  geometry.state = rest.state;
  return {};
}

Done read_rest_of_32(const BootSector& boot, Geometry& geometry) {
  if (boot.version != 0) {
    return Error(Errc::unsupported, fmt::format("it is of version {:#x}, not 0",
                                                std::uint16_t(boot.version)));
  }
  if (boot.root_entry_count != 0) {
    return corrupt("a FAT32 volume has no root of {} entries",
                   std::uint16_t(boot.root_entry_count));
  }
  geometry.root_cluster = boot.root_cluster & kEntryMask;
  if (!geometry.holds(geometry.root_cluster)) {
    return corrupt("the root is at cluster {}, which isn't within {} to {}",
                   geometry.root_cluster, kFirstCluster, geometry.cluster_end() - 1);
  }
  if ((boot.table_flags & kOneTable) != 0) {
    geometry.mirrored = false;
    geometry.active_table = boot.table_flags & kActiveTableMask;
    if (geometry.active_table >= geometry.table_count) {
      return corrupt("table {} is the one in use, and there are {}",
                     geometry.active_table, geometry.table_count);
    }
  }
  // What doesn't lie among the reserved sectors isn't FSInfo: 0 and 0xFFFF are
  // how a volume says that it has none.
  if (boot.info_sector > 0 && boot.info_sector < boot.reserved_sector_count) {
    geometry.info_offset = std::uint64_t(boot.info_sector) * boot.bytes_per_sector;
  }
  geometry.serial = boot.serial;
  geometry.state = boot.state;
  return {};
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::fat12:
      return "fat12";
    case Kind::fat16:
      return "fat16";
    case Kind::fat32:
      return "fat32";
  }
  return "";
}

std::string_view kind_of(Bytes boot_sector) {
  auto boot = load<BootSector>(boot_sector);
  if (!boot || !is_plausible(*boot)) return {};
  // The paper knows only the count of clusters; but Windows' own driver, EDK
  // II's and Linux's all go by this field first, and mkfs.fat makes FAT32
  // volumes that are smaller than the paper's.
  if (boot->table_sectors_16 == 0) return boot->table_sectors != 0 ? "fat32" : "";
  std::uint64_t sectors = sector_count(*boot);
  if (overhead(*boot) >= sectors) return {};
  std::uint64_t count = (sectors - overhead(*boot)) / boot->sectors_per_cluster;
  if (count < kFat12CountEnd) return "fat12";
  return count < kFat16CountEnd ? "fat16" : "";
}

Result<Geometry> read_geometry(Bytes boot_sector, std::uint64_t device_size) {
  std::string_view kind = kind_of(boot_sector);
  if (kind.empty()) return corrupt("its parameters aren't those of a FAT volume");
  BootSector boot = *load<BootSector>(boot_sector);
  Geometry geometry;
  geometry.kind = kind == "fat32"   ? Kind::fat32
                  : kind == "fat16" ? Kind::fat16
                                    : Kind::fat12;
  std::uint64_t sectors = sector_count(boot);
  geometry.sector_size = boot.bytes_per_sector;
  geometry.cluster_size = geometry.sector_size * boot.sectors_per_cluster;
  geometry.size = sectors * geometry.sector_size;
  if (geometry.size > device_size) {
    return corrupt("the volume is of {} bytes, and there are {}", geometry.size,
                   device_size);
  }
  if (overhead(boot) >= sectors) {
    return corrupt("{} sectors in front of the first cluster leave none of {}",
                   overhead(boot), sectors);
  }
  geometry.clusters_offset = overhead(boot) * geometry.sector_size;
  std::uint64_t count = (sectors - overhead(boot)) / boot.sectors_per_cluster;
  if (count == 0 || count > kClusterCountMax) {
    return corrupt("{} clusters aren't within 1 to {}", count, kClusterCountMax);
  }
  geometry.cluster_count = static_cast<std::uint32_t>(count);
  TRY(read_tables(boot, geometry));
  TRY(geometry.kind == Kind::fat32 ? read_rest_of_32(boot, geometry)
                                   : read_rest_of_16(boot, geometry));
  return geometry;
}

}  // namespace drydock::fat
