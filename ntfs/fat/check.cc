#include "ntfs/fat/check.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/fat/check_tree.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::fat {

namespace {

constexpr std::size_t kReadSize = 1 << 20;
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
  Result<Geometry> find_geometry();
  Done check_copy(Bytes first);
  Done check_tables(const TreeCheck& tree);
  void count_entry(std::uint32_t cluster, std::uint32_t value, const TreeCheck& tree);
  void compare_tables(Bytes believed, Bytes other, std::uint64_t start,
                      std::uint32_t table);
  Done check_info();

  const BlockDevice& device_;
  const Progress& progress_;
  ProblemList problems_;
  Geometry geometry_;
  std::uint32_t free_count_ = 0;
  std::uint32_t bad_count_ = 0;
  std::uint32_t lost_count_ = 0;
  std::uint32_t lost_first_ = 0;
  std::uint64_t differing_count_ = 0;
};

Result<Geometry> FatCheck::find_geometry() {
  ByteVector first = TRY(read(0, kBootSectorSize).in("boot sector"));
  auto geometry = read_geometry(first, device_.size());
  if (geometry) {
    TRY(check_copy(first));
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

void FatCheck::compare_tables(Bytes believed, Bytes other, std::uint64_t start,
                              std::uint32_t table) {
  if (std::ranges::equal(believed, other)) return;
  for (std::size_t at = 0; at < believed.size(); at += sizeof(le32)) {
    std::uint32_t ours = *load<le32>(believed, at) & kEntryMask;
    std::uint32_t theirs = *load<le32>(other, at) & kEntryMask;
    auto cluster = static_cast<std::uint32_t>((start + at) / sizeof(le32));
    // The first entries hold marks and the volume's state, which may be in one.
    if (cluster < kReservedEntries || ours == theirs || differing_count_++ != 0) {
      continue;
    }
    problems_.error("table.copies",
                    {.part = fmt::format("table {}", table), .cluster = cluster},
                    fmt::format("its entry is 0x{:x}, in table {} it is 0x{:x}", theirs,
                                geometry_.active_table, ours));
  }
}

Done FatCheck::check_tables(const TreeCheck& tree) {
  std::uint64_t size = std::uint64_t{geometry_.cluster_end()} * sizeof(le32);
  auto place = [&](std::uint32_t table) {
    return geometry_.tables_offset + table * geometry_.table_size;
  };
  for (std::uint64_t at = 0; at < size; at += kReadSize) {
    std::size_t part = std::min<std::uint64_t>(kReadSize, size - at);
    ByteVector believed = TRY(read(place(geometry_.active_table) + at, part));
    for (std::size_t i = 0; i < part; i += sizeof(le32)) {
      auto cluster = static_cast<std::uint32_t>((at + i) / sizeof(le32));
      if (cluster < kReservedEntries) continue;
      count_entry(cluster, *load<le32>(believed, i) & kEntryMask, tree);
    }
    for (std::uint32_t table = 0; table < geometry_.table_count; ++table) {
      if (table == geometry_.active_table || !geometry_.mirrored) continue;
      compare_tables(believed, TRY(read(place(table) + at, part)), at, table);
    }
    if (progress_) TRY(progress_(at + part, size));
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

Result<VolumeCheck> FatCheck::run() {
  problems_.result().file_system = "fat32";
  geometry_ = TRY(find_geometry());
  std::uint32_t second = *load<le32>(
      TRY(read(geometry_.tables_offset + sizeof(le32), sizeof(le32)).in("table")));
  if ((geometry_.state & (kStateDirty | kStateErrors)) != 0 ||
      (second & kCleanShutdown) == 0 || (second & kNoErrors) == 0) {
    problems_.warning("volume.dirty", {.part = "boot sector and table"},
                      "the volume is marked as one to be checked");
  }
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
