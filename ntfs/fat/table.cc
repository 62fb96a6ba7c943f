#include "ntfs/fat/table.h"

#include "vhd/base/try.h"

namespace drydock::fat {

namespace {

constexpr std::uint32_t kMask12 = 0xFFF;
constexpr std::uint32_t kMask16 = 0xFFFF;

// From here on, up to the mask, an entry is no cluster: bad, or the end of a chain.
std::uint32_t widen(std::uint32_t entry, std::uint32_t mask) {
  return entry >= (kBad & mask) ? (kEntryMask & ~mask) | entry : entry;
}

std::uint64_t place_of(const Geometry& geometry, std::uint32_t table,
                       std::uint32_t cluster) {
  return geometry.tables_offset + table * geometry.table_size +
         entry_offset(geometry.kind, cluster);
}

// Of the two bytes that a FAT12 entry is in.
std::uint32_t entry_12(std::uint32_t both, std::uint32_t cluster) {
  return cluster % 2 == 0 ? both & kMask12 : both >> 4;
}

}  // namespace

std::uint64_t entry_offset(Kind kind, std::uint32_t cluster) {
  return std::uint64_t(cluster) * static_cast<unsigned>(kind) / 8;
}

std::uint32_t entry_in(Bytes bytes, Kind kind, std::uint32_t index) {
  std::size_t at = entry_offset(kind, index);
  switch (kind) {
    case Kind::fat12:
      return widen(entry_12(*load<le16>(bytes, at), index), kMask12);
    case Kind::fat16:
      return widen(*load<le16>(bytes, at), kMask16);
    case Kind::fat32:
      return *load<le32>(bytes, at) & kEntryMask;
  }
  return kFree;
}

Result<std::uint32_t> read_entry(const SectorCache& cache, const Geometry& geometry,
                                 std::uint32_t table, std::uint32_t cluster) {
  std::uint64_t at = place_of(geometry, table, cluster);
  if (geometry.kind == Kind::fat32) {
    return TRY(cache.load_at<le32>(at)) & kEntryMask;
  }
  std::uint32_t both = TRY(cache.load_at<le16>(at));
  if (geometry.kind == Kind::fat16) return widen(both, kMask16);
  return widen(entry_12(both, cluster), kMask12);
}

Done write_entry(SectorCache& cache, const Geometry& geometry, std::uint32_t table,
                 std::uint32_t cluster, std::uint32_t value) {
  std::uint64_t at = place_of(geometry, table, cluster);
  if (geometry.kind == Kind::fat32) {
    std::uint32_t old = TRY(cache.load_at<le32>(at));
    return cache.store_at(at, le32((old & ~kEntryMask) | (value & kEntryMask)));
  }
  std::uint32_t both = TRY(cache.load_at<le16>(at));
  if (geometry.kind == Kind::fat16) {
    both = value & kMask16;
  } else if (cluster % 2 == 0) {
    both = (both & ~kMask12) | (value & kMask12);
  } else {
    both = (both & 0xF) | (value & kMask12) << 4;
  }
  return cache.store_at(at, le16(static_cast<std::uint16_t>(both)));
}

TableState state_in(Bytes bytes, Kind kind) {
  if (kind == Kind::fat12) return {};
  if (kind == Kind::fat16) {
    std::uint32_t entry = *load<le16>(bytes, entry_offset(kind, 1));
    return {.clean = (entry & kCleanShutdown16) != 0,
            .no_errors = (entry & kNoErrors16) != 0};
  }
  std::uint32_t entry = *load<le32>(bytes, entry_offset(kind, 1));
  return {.clean = (entry & kCleanShutdown) != 0,
          .no_errors = (entry & kNoErrors) != 0};
}

Result<TableState> read_state(const SectorCache& cache, const Geometry& geometry) {
  ByteVector bytes(2 * sizeof(le32));
  TRY(cache.read(place_of(geometry, geometry.active_table, 0), bytes));
  return state_in(bytes, geometry.kind);
}

Done mark_clean(SectorCache& cache, const Geometry& geometry) {
  bool wide = geometry.kind == Kind::fat32;
  std::size_t state_offset =
      wide ? offsetof(BootSector, state)
           : kBootSector16RestOffset + offsetof(BootSector16Rest, state);
  std::uint8_t state = geometry.state & ~(kStateDirty | kStateErrors);
  TRY(cache.write(state_offset, bytes_of(state)));
  for (std::uint32_t table = 0; table < geometry.table_count; ++table) {
    std::uint64_t at = place_of(geometry, table, 1);
    if (geometry.kind == Kind::fat16) {
      std::uint32_t entry = TRY(cache.load_at<le16>(at));
      entry |= kCleanShutdown16 | kNoErrors16;
      TRY(cache.store_at(at, le16(static_cast<std::uint16_t>(entry))));
    } else if (wide) {
      std::uint32_t entry = TRY(cache.load_at<le32>(at));
      TRY(cache.store_at(at, le32(entry | kCleanShutdown | kNoErrors)));
    }
  }
  return {};
}

}  // namespace drydock::fat
