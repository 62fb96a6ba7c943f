#include "vhd/partition/mbr.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <span>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::partition {

namespace {

constexpr std::uint8_t kActive = 0x80;
// What makes a slot an extended partition: by CHS, by LBA, and Linux' own.
constexpr std::uint8_t kExtendedTypes[] = {0x05, 0x0f, 0x85};

bool is_extended(const MbrEntry& entry) {
  return std::ranges::find(kExtendedTypes, entry.type) != std::end(kExtendedTypes);
}

// A type of GPT that says the same, for those who ask what a partition is for.
// Types are Microsoft's: [MS-DMRP] and the documentation of Win32_DiskPartition.
Guid meaning_of(std::uint8_t mbr_type) {
  switch (mbr_type) {
    case 0xef:
      return type::esp;
    case 0x27:
      return type::recovery;
    case 0x01:  // FAT12
    case 0x04:  // FAT16, small
    case 0x06:  // FAT16
    case 0x07:  // NTFS, exFAT
    case 0x0b:  // FAT32
    case 0x0c:  // FAT32, by LBA
    case 0x0e:  // FAT16, by LBA
      return type::basic;
    default:
      return {};
  }
}

struct Span {
  std::uint64_t first = 0;  // in sectors
  std::uint64_t count = 0;
};

class MbrReader {
 public:
  explicit MbrReader(const Sectors& sectors) : sectors_(sectors) {}

  Done add(std::uint32_t number, const MbrEntry& entry, std::uint64_t base);
  // The logical partitions in the extended one of `entry`.
  Done add_logical(const MbrEntry& entry);
  std::vector<Partition> take() && { return std::move(partitions_); }

 private:
  Result<Span> span_of(const MbrEntry& entry, std::uint64_t base) const;
  Done check_apart(const Span& span) const;

  const Sectors& sectors_;
  std::vector<Partition> partitions_;
};

Result<Span> MbrReader::span_of(const MbrEntry& entry, std::uint64_t base) const {
  Span span{.first = base + entry.first_lba, .count = entry.sector_count};
  if (span.first == 0 || span.count == 0 ||
      !checked::within(span.first, span.count, sectors_.count())) {
    return Error(Errc::corrupt,
                 fmt::format("{} sectors from {} on aren't on a disk of {}", span.count,
                             span.first, sectors_.count()));
  }
  return span;
}

Done MbrReader::check_apart(const Span& span) const {
  for (const Partition& other : partitions_) {
    if (checked::overlap(span.first * sectors_.size, span.count * sectors_.size,
                         other.offset, other.size)) {
      return Error(Errc::corrupt,
                   fmt::format("it overlaps partition {}", other.number));
    }
  }
  return {};
}

Done MbrReader::add(std::uint32_t number, const MbrEntry& entry, std::uint64_t base) {
  std::string place = fmt::format("partition {}", number);
  Span span = TRY(span_of(entry, base).in(place));
  TRY(check_apart(span).in(place));
  Partition partition;
  partition.number = number;
  partition.type = meaning_of(entry.type);
  partition.offset = span.first * sectors_.size;
  partition.size = span.count * sectors_.size;
  partition.mbr_type = entry.type;
  partition.active = entry.status == kActive;
  partitions_.push_back(std::move(partition));
  return {};
}

// Two entries of the table in front of a logical partition say something: the
// partition, counted from that table, and the next table, counted from the start
// of the extended partition.  They come in either order, and each may be missing.
// The other two entries hold what was left there: nobody reads them.
struct Link {
  std::optional<MbrEntry> logical;
  std::optional<MbrEntry> next;
};

Result<Link> decode_link(const Mbr& table) {
  if (table.signature != kBootSignature) {
    return Error(Errc::corrupt, "it doesn't end in 0xaa55");
  }
  Link link;
  for (const MbrEntry& entry : std::span(table.entries).first(2)) {
    if (entry.type == 0 || entry.sector_count == 0) continue;
    std::optional<MbrEntry>& place = is_extended(entry) ? link.next : link.logical;
    if (place) return Error(Errc::corrupt, "its two entries are of one kind");
    place = entry;
  }
  return link;
}

Done MbrReader::add_logical(const MbrEntry& entry) {
  const Span extended = TRY(span_of(entry, 0).in("the extended partition"));
  TRY(check_apart(extended).in("the extended partition"));
  std::uint64_t at = extended.first;
  std::uint32_t number = kLogicalFirst;
  for (std::uint32_t tables = 0; tables < kLogicalCountMax; ++tables) {
    std::string place = fmt::format("the table at sector {}", at);
    ByteVector bytes(kBootSectorSize);
    TRY(sectors_.disk.read(at * sectors_.size, bytes).in(place));
    Link link = TRY(decode_link(*load<Mbr>(bytes)).in(place));
    if (link.logical) {
      std::uint64_t first = at - extended.first + link.logical->first_lba;
      if (link.logical->first_lba == 0 ||
          !checked::within(first, link.logical->sector_count, extended.count)) {
        return Error(Errc::corrupt,
                     "it isn't in the extended partition, past its table")
            .in(fmt::format("partition {}", number));
      }
      TRY(add(number++, *link.logical, at));
    }
    if (!link.next) return {};
    if (link.next->first_lba == 0 || link.next->first_lba >= extended.count) {
      return Error(Errc::corrupt, "the next one isn't in the extended partition")
          .in(place);
    }
    at = extended.first + link.next->first_lba;
  }
  return Error(Errc::corrupt, fmt::format("the chain of logical partitions doesn't end "
                                          "in {} tables",
                                          kLogicalCountMax));
}

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

}  // namespace

FirstSector read_first_sector(Bytes sector) {
  FirstSector first;
  Mbr mbr = *load<Mbr>(sector);
  if (mbr.signature != kBootSignature) return first;
  first.volume = is_volume_boot_sector(sector);
  first.mbr = std::ranges::all_of(
      mbr.entries, [](const MbrEntry& e) { return e.status == 0 || e.status == 0x80; });
  for (const MbrEntry& entry : mbr.entries) {
    if (entry.type == kProtectiveType && entry.first_lba == 1) first.protective = true;
    if (entry.type != kProtectiveType && entry.type != 0) first.others = true;
  }
  return first;
}

Result<std::vector<Partition>> read_mbr(const Sectors& sectors, const Mbr& mbr) {
  MbrReader reader(sectors);
  const MbrEntry* extended = nullptr;
  for (std::uint32_t slot = 0; slot < mbr.entries.size(); ++slot) {
    const MbrEntry& entry = mbr.entries[slot];
    if (entry.type == 0) continue;
    if (!is_extended(entry)) {
      TRY(reader.add(slot + 1, entry, 0));
    } else if (extended == nullptr) {
      extended = &entry;
    } else {
      return Error(Errc::corrupt, "there are two extended partitions");
    }
  }
  if (extended != nullptr) TRY(reader.add_logical(*extended));
  return std::move(reader).take();
}

}  // namespace drydock::partition
