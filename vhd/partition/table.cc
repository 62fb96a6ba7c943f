#include "vhd/partition/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "vhd/base/try.h"
#include "vhd/partition/gpt.h"
#include "vhd/partition/mbr.h"

namespace drydock::partition {

namespace {

// A volume that fills the disk has its own boot sector in LBA 0, which ends as
// an MBR does.  NTFS, BitLocker, exFAT and ReFS are told by their names (which
// are their own, at +3); FAT has none that can be relied on, and is told by a
// parameter block that makes sense ("FAT: General Overview" 1.03, page 9).
bool is_volume_boot_sector(Bytes sector) {
  constexpr std::string_view kNames[] = {"NTFS    ", "-FVE-FS-", "EXFAT   ",
                                         std::string_view("ReFS\0\0\0\0", 8)};
  for (std::string_view name : kNames) {
    if (as_text(sector.subspan(3, 8)) == name) return true;
  }
  auto byte_at = [&](std::size_t i) { return std::to_integer<unsigned>(sector[i]); };
  unsigned bytes_per_sector = load<le16>(sector, 11).value_or(0);
  return (byte_at(0) == 0xEB || byte_at(0) == 0xE9) && bytes_per_sector >= 512 &&
         bytes_per_sector <= 4096 && std::has_single_bit(bytes_per_sector) &&
         std::has_single_bit(byte_at(13)) &&        // sectors per cluster
         load<le16>(sector, 14).value_or(0) > 0 &&  // reserved sectors
         (byte_at(16) == 1 || byte_at(16) == 2) &&  // copies of the table
         byte_at(21) >= 0xF0;                       // media
}

// What the first sector of a disk says about the scheme of its table.
struct FirstSector {
  bool volume = false;      // a volume's boot sector
  bool mbr = false;         // a partition table of any kind
  bool protective = false;  // ... with the entry that guards a GPT
  bool others = false;      // ... with entries that aren't protective
};

FirstSector judge(Bytes bytes) {
  FirstSector first;
  Mbr mbr = *load<Mbr>(bytes);
  if (mbr.signature != kBootSignature) return first;
  first.volume = is_volume_boot_sector(bytes);
  first.mbr = std::ranges::all_of(
      mbr.entries, [](const MbrEntry& e) { return e.status == 0 || e.status == 0x80; });
  for (const MbrEntry& entry : mbr.entries) {
    if (entry.type == kProtectiveType && entry.first_lba == 1) first.protective = true;
    if (entry.type != kProtectiveType && entry.type != 0) first.others = true;
  }
  return first;
}

// A raw file doesn't say how large the sectors of its disk were: where there's
// no header for the device's own size and one for the other, that one counts.
Sectors find_sectors(const BlockDevice& disk) {
  std::uint32_t own = disk.sector_size();
  for (std::uint32_t size : {own, own == 512 ? 4096u : 512u}) {
    Sectors sectors{disk, size};
    if (has_gpt_header(sectors, 1) || has_gpt_header(sectors, sectors.last())) {
      return sectors;
    }
  }
  return {disk, own};
}

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

// The backup is where the primary says, if the primary can be believed; else
// there, if anything is, or in the disk's last sector.
Result<GptCopy> read_backup(const Sectors& sectors, const Result<GptCopy>& primary) {
  if (primary && primary->header.alternate_lba > 1) {
    return read_gpt(sectors, primary->header.alternate_lba);
  }
  Result<GptCopy> last = read_gpt(sectors, sectors.last());
  if (primary || last) return last;
  std::array<std::byte, sizeof(GptHeader)> bytes;
  if (!has_gpt_header(sectors, 1) || !sectors.disk.read(sectors.size, bytes))
    return last;
  std::uint64_t hint = load<GptHeader>(bytes)->alternate_lba;
  if (hint <= 1 || !has_gpt_header(sectors, hint)) return last;
  return read_gpt(sectors, hint);
}

Result<Table> read_both(const Sectors& sectors) {
  Result<GptCopy> primary = read_gpt(sectors, 1);
  Result<GptCopy> backup = read_backup(sectors, primary);
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
  FirstSector first = judge(bytes);
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
