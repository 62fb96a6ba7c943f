#include "vhd/partition/mbr.h"

#include <fmt/format.h>

#include <algorithm>

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

class MbrReader {
 public:
  explicit MbrReader(const Sectors& sectors) : sectors_(sectors) {}

  Done add(std::uint32_t number, const MbrEntry& entry, std::uint64_t base);
  // The logical partitions in the extended one of `entry`.
  Done add_logical(const MbrEntry& entry);
  std::vector<Partition> take() && { return std::move(partitions_); }

 private:
  struct Span {
    std::uint64_t first = 0;  // in sectors
    std::uint64_t count = 0;
  };
  Result<Span> span_of(const MbrEntry& entry, std::uint64_t base) const;
  Done check_apart(const Partition& partition) const;

  const Sectors& sectors_;
  std::vector<Partition> partitions_;
};

Result<MbrReader::Span> MbrReader::span_of(const MbrEntry& entry,
                                           std::uint64_t base) const {
  Span span{.first = base + entry.first_lba, .count = entry.sector_count};
  if (span.first == 0 || span.count == 0 ||
      !checked::within(span.first, span.count, sectors_.count())) {
    return Error(Errc::corrupt,
                 fmt::format("{} sectors from {} on aren't on a disk of {}", span.count,
                             span.first, sectors_.count()));
  }
  return span;
}

Done MbrReader::check_apart(const Partition& partition) const {
  for (const Partition& other : partitions_) {
    if (checked::overlap(partition.offset, partition.size, other.offset, other.size)) {
      return Error(Errc::corrupt,
                   fmt::format("it overlaps partition {}", other.number));
    }
  }
  return {};
}

Done MbrReader::add(std::uint32_t number, const MbrEntry& entry, std::uint64_t base) {
  std::string place = fmt::format("partition {}", number);
  Span span = TRY(span_of(entry, base).in(place));
  Partition partition;
  partition.number = number;
  partition.type = meaning_of(entry.type);
  partition.offset = span.first * sectors_.size;
  partition.size = span.count * sectors_.size;
  partition.mbr_type = entry.type;
  partition.active = entry.status == kActive;
  TRY(check_apart(partition).in(place));
  partitions_.push_back(std::move(partition));
  return {};
}

// Each logical partition has a sector like an MBR before it, whose first entry
// is the partition, counted from that sector, and whose second, if any, is the
// next such sector, counted from the start of the extended partition.
Done MbrReader::add_logical(const MbrEntry& entry) {
  Span extended = TRY(span_of(entry, 0).in("the extended partition"));
  std::uint64_t at = extended.first;
  for (std::uint32_t number = 5;; ++number) {
    std::string place = fmt::format("the table before partition {}", number);
    if (number - 5 == kLogicalCountMax) {
      return Error(Errc::corrupt, "the chain of logical partitions doesn't end")
          .in(place);
    }
    ByteVector bytes(kBootSectorSize);
    TRY(sectors_.disk.read(at * sectors_.size, bytes).in(place));
    Mbr table = *load<Mbr>(bytes);
    if (table.signature != kBootSignature) {
      return Error(Errc::corrupt, "it doesn't end in 0xaa55").in(place);
    }
    const MbrEntry& logical = table.entries[0];
    if (logical.type != 0 && logical.sector_count != 0) {
      std::uint64_t first = at + logical.first_lba;
      if (!checked::within(first - extended.first, logical.sector_count,
                           extended.count)) {
        return Error(Errc::corrupt, "it lies outside of the extended partition")
            .in(fmt::format("partition {}", number));
      }
      TRY(add(number, logical, at));
    }
    const MbrEntry& next = table.entries[1];
    if (next.type == 0 || next.sector_count == 0) return {};
    if (!is_extended(next) || next.first_lba == 0 || next.first_lba >= extended.count) {
      return Error(Errc::corrupt, "the next one lies outside of the extended partition")
          .in(place);
    }
    at = extended.first + next.first_lba;
  }
}

}  // namespace

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
