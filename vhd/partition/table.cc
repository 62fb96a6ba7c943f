#include "vhd/partition/table.h"

#include <fmt/format.h>

#include "vhd/base/try.h"
#include "vhd/partition/gpt.h"
#include "vhd/partition/mbr.h"

namespace drydock::partition {

namespace {

std::string mbr_problem(const FirstSector& first) {
  if (!first.mbr) return "there is no protective MBR in LBA 0";
  if (!first.protective) return "the MBR in LBA 0 has no protective partition (0xEE)";
  if (first.others) return "the protective MBR names other partitions too";
  return {};
}

Result<Table> mbr_table(const Sectors& sectors, Bytes first_sector) {
  Mbr mbr = *load<Mbr>(first_sector);
  Table table;
  table.scheme = Scheme::mbr;
  table.mbr_signature = mbr.disk_signature;
  table.partitions = TRY(read_mbr(sectors, mbr).in("MBR"));
  return table;
}

Result<Table> read_both(const Sectors& sectors) {
  auto [primary, backup] = read_copies(sectors);
  if (!primary && !backup) {
    bool io = primary.error().code() == Errc::io || backup.error().code() == Errc::io;
    return Error(io ? Errc::io : Errc::corrupt,
                 fmt::format("neither copy of the GPT can be believed: primary {}; "
                             "backup {}",
                             primary.error().words(), backup.error().words()));
  }
  Table table;
  table.scheme = Scheme::gpt;
  table.believed = primary ? Copy::primary : Copy::backup;
  GptCopy& believed = primary ? *primary : *backup;
  if (!primary) {
    table.other_copy_problem = "primary " + primary.error().words();
  } else if (!backup) {
    table.other_copy_problem = "backup " + backup.error().words();
  } else if (std::string words = difference(*primary, *backup); !words.empty()) {
    table.other_copy_problem = "backup " + words;
  }
  table.disk_id = believed.header.disk_id;
  table.partitions = std::move(believed.partitions);
  return table;
}

}  // namespace

std::string_view to_string(Scheme scheme) {
  switch (scheme) {
    case Scheme::none:
      return "none";
    case Scheme::gpt:
      return "gpt";
    case Scheme::mbr:
      return "mbr";
  }
  return "unknown";
}

std::string_view type_name(const Guid& type) {
  if (type == type::esp) return "esp";
  if (type == type::msr) return "msr";
  if (type == type::basic) return "basic";
  if (type == type::recovery) return "recovery";
  return "other";
}

Result<Table> read_table(const BlockDevice& disk) {
  if (disk.size() < kBootSectorSize) return Table{};
  ByteVector bytes(kBootSectorSize);
  TRY(disk.read(0, bytes).in("LBA 0"));
  FirstSector first = read_first_sector(bytes);
  Sectors sectors = find_sectors(disk);
  bool primary = has_gpt_header(sectors, 1);
  // A stale GPT around a volume that fills the disk, or around an MBR that has
  // partitions of its own, is not in force: UEFI 2.10, 5.2.3.
  if (first.volume && !(first.protective && primary)) return Table{};
  bool guarded = first.mbr && first.protective;
  if (first.mbr && first.others && !guarded) {
    return mbr_table({disk, disk.sector_size()}, bytes);
  }
  if (guarded || primary || has_gpt_header(sectors, sectors.last())) {
    Table table = TRY(read_both(sectors));
    table.mbr_problem = mbr_problem(first);
    return table;
  }
  if (first.mbr) {
    return mbr_table({disk, disk.sector_size()}, bytes);
  }
  return Table{};
}

}  // namespace drydock::partition
