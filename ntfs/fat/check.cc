#include "ntfs/fat/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "ntfs/fat/check_tree.h"
#include "ntfs/fat/table.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::fat {

namespace {

constexpr std::size_t kReadSize = 1 << 20;
// Of a table, at a time; even, so that an entry of FAT12 isn't cut in two.
constexpr std::uint32_t kEntriesRead = kReadSize / sizeof(le32);
// Where the copy of the boot sector is, if the first doesn't say; page 12.
constexpr std::uint64_t kBackupSector = 6;
// The entries of the table that stand for no cluster.
constexpr std::uint32_t kReservedEntries = kFirstCluster;

Result<Geometry> read_boot_copy(const BlockDevice& device) {
  for (std::uint64_t sector_size : {512, 4096}) {
    std::uint64_t offset = kBackupSector * sector_size;
    if (!checked::within(offset, kBootSectorSize, device.size())) continue;
    ByteVector bytes = TRY(read_bytes(device, offset, kBootSectorSize, kReadSize));
    auto copy = read_geometry(bytes, device.size());
    if (copy && copy->kind == Kind::fat32) return copy;
  }
  return Error(Errc::not_found, "sector 6 isn't a copy of a boot sector");
}

class FatCheck {
 public:
  FatCheck(const BlockDevice& device, const Progress& progress)
      : device_(device), progress_(progress) {}

  Result<VolumeCheck> run();

 private:
  Result<ByteVector> read(std::uint64_t offset, std::size_t size) const {
    return read_bytes(device_, offset, size, kReadSize);
  }
  Result<ByteVector> read_entries(std::uint32_t table, std::uint32_t first,
                                  std::uint32_t count) const;
  Result<Geometry> find_geometry();
  Done check_marks();
  Done check_copy(Bytes first);
  Done check_tables(const TreeCheck& tree);
  void count_entry(std::uint32_t cluster, std::uint32_t value, const TreeCheck& tree);
  void compare_tables(Bytes believed, Bytes other, std::uint32_t first,
                      std::uint32_t count, std::uint32_t table);
  Done check_info();

  const BlockDevice& device_;
  const Progress& progress_;
  ProblemList problems_;
  Geometry geometry_;
  std::optional<std::uint8_t> media_;  // as the boot sector says
  std::uint32_t free_count_ = 0;
  std::uint32_t bad_count_ = 0;
  std::uint32_t lost_count_ = 0;
  std::uint32_t lost_first_ = 0;
  std::uint64_t differing_count_ = 0;
};

// Of a table; `first` is even.  The table holds the whole byte that the last ends in.
Result<ByteVector> FatCheck::read_entries(std::uint32_t table, std::uint32_t first,
                                          std::uint32_t count) const {
  std::uint64_t start = entry_offset(geometry_.kind, first);
  std::uint64_t end = entry_offset(geometry_.kind, first + count + count % 2);
  std::uint64_t place = geometry_.tables_offset + table * geometry_.table_size;
  std::uint64_t size = std::min(end, geometry_.table_size) - start;
  return read_bytes(device_, place + start, size, kReadSize).in("table");
}

Result<Geometry> FatCheck::find_geometry() {
  ByteVector first = TRY(read(0, kBootSectorSize).in("boot sector"));
  auto geometry = read_geometry(first, device_.size());
  if (geometry) {
    media_ = load<BootSector>(first)->media;
    if (geometry->kind == Kind::fat32) TRY(check_copy(first));
    return geometry;
  }
  if (geometry.error().code() == Errc::unsupported) return geometry;
  auto copy = read_boot_copy(device_);
  if (!copy) return geometry;
  problems_.error("boot.sector", {.part = "boot sector"},
                  geometry.error().describe() + "; its copy is sound");
  return copy;
}

// What the two boot sectors have in common is all but the volume's state.
Done FatCheck::check_copy(Bytes first) {
  auto boot = *load<BootSector>(first);
  std::uint64_t sector = boot.backup_boot_sector;
  if (sector == 0 || sector >= boot.reserved_sector_count) return {};
  ByteVector copy = TRY(read(sector * boot.bytes_per_sector, kBootSectorSize));
  auto twin = *load<BootSector>(copy);
  twin.state = boot.state;
  if (std::ranges::equal(bytes_of(twin), first)) return {};
  problems_.warning("boot.copy", {.part = "boot sector's copy"},
                    fmt::format("sector {} isn't the boot sector's twin", sector));
  return {};
}

void FatCheck::count_entry(std::uint32_t cluster, std::uint32_t value,
                           const TreeCheck& tree) {
  if (value == kFree) {
    ++free_count_;
  } else if (value == kBad) {
    ++bad_count_;
  } else if (!tree.is_claimed(cluster) && lost_count_++ == 0) {
    lost_first_ = cluster;
  }
}

// From the entry of `first` on.
void FatCheck::compare_tables(Bytes believed, Bytes other, std::uint32_t first,
                              std::uint32_t count, std::uint32_t table) {
  if (std::ranges::equal(believed, other)) return;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t ours = entry_in(believed, geometry_.kind, i);
    std::uint32_t theirs = entry_in(other, geometry_.kind, i);
    // The first entries hold marks and the volume's state, which may be in one.
    if (first + i < kReservedEntries || ours == theirs || differing_count_++ != 0) {
      continue;
    }
    problems_.error("table.copies",
                    {.part = fmt::format("table {}", table), .cluster = first + i},
                    fmt::format("its entry is 0x{:x}, in table {} it is 0x{:x}", theirs,
                                geometry_.active_table, ours));
  }
}

Done FatCheck::check_tables(const TreeCheck& tree) {
  std::uint32_t end = geometry_.cluster_end();
  for (std::uint32_t first = 0; first < end; first += kEntriesRead) {
    std::uint32_t count = std::min(kEntriesRead, end - first);
    ByteVector believed = TRY(read_entries(geometry_.active_table, first, count));
    for (std::uint32_t i = 0; i < count; ++i) {
      if (first + i < kReservedEntries) continue;
      count_entry(first + i, entry_in(believed, geometry_.kind, i), tree);
    }
    for (std::uint32_t table = 0; table < geometry_.table_count; ++table) {
      if (table == geometry_.active_table || !geometry_.mirrored) continue;
      ByteVector other = TRY(read_entries(table, first, count));
      compare_tables(believed, other, first, count, table);
    }
    if (progress_) TRY(progress_(first + count, end));
  }
  if (lost_count_ != 0) {
    problems_.warning("clusters.lost", {.part = "table", .cluster = lost_first_},
                      fmt::format("{} clusters are marked in use, and no file has them",
                                  lost_count_));
  }
  if (bad_count_ != 0) {
    problems_.warning("clusters.bad", {.part = "table"},
                      fmt::format("{} clusters are marked as bad", bad_count_));
  }
  return {};
}

Done FatCheck::check_info() {
  ProblemPlace place{.part = "FSInfo"};
  if (geometry_.info_offset == 0) return {};
  auto info = *load<InfoSector>(
      TRY(read(geometry_.info_offset, sizeof(InfoSector)).in("FSInfo")));
  if (info.lead_signature != kInfoLead || info.signature != kInfoSignature ||
      info.trail_signature != kInfoTrail) {
    problems_.warning("info.marks", place, "it isn't marked as one");
  } else if (info.free_count != kUnknown && info.free_count != free_count_) {
    problems_.warning("info.free", place,
                      fmt::format("it counts {} free clusters, and there are {}",
                                  std::uint32_t{info.free_count}, free_count_));
  }
  return {};
}

// What a table's first two entries say: what the medium is, and how it was left.
Done FatCheck::check_marks() {
  std::uint64_t table =
      geometry_.tables_offset + geometry_.active_table * geometry_.table_size;
  ByteVector marks = TRY(read(table, 2 * sizeof(le32)).in("table"));
  auto media = std::to_integer<std::uint8_t>(marks[0]);
  if (media_ && media != *media_) {
    problems_.warning(
        "table.media", {.part = "table"},
        fmt::format("it is for a medium of kind 0x{:02x}, the boot sector "
                    "says 0x{:02x}",
                    media, *media_));
  }
  TableState state = state_in(marks, geometry_.kind);
  if ((geometry_.state & (kStateDirty | kStateErrors)) != 0 || !state.clean ||
      !state.no_errors) {
    problems_.warning("volume.dirty", {.part = "boot sector and table"},
                      "the volume is marked as one to be checked");
  }
  return {};
}

Result<VolumeCheck> FatCheck::run() {
  geometry_ = TRY(find_geometry());
  problems_.result().file_system = to_string(geometry_.kind);
  TRY(check_marks());
  TreeCheck tree(device_, geometry_, problems_);
  TRY(tree.run());
  TRY(check_tables(tree));
  TRY(check_info());
  problems_.result().counts = {{"files", tree.counts().files},
                               {"directories", tree.counts().directories}};
  return std::move(problems_.result());
}

}  // namespace

bool has_boot_copy(const BlockDevice& device) {
  auto copy = read_boot_copy(device);
  return static_cast<bool>(copy);
}

Result<VolumeCheck> check_fat(const BlockDevice& device, const Progress& progress) {
  return FatCheck(device, progress).run();
}

}  // namespace drydock::fat
