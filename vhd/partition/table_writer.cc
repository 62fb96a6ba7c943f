#include "vhd/partition/table_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "vhd/base/checked.h"
#include "vhd/base/crc.h"
#include "vhd/base/try.h"
#include "vhd/partition/gpt.h"
#include "vhd/partition/mbr.h"
#include "vhd/partition/table.h"

namespace drydock::partition {

namespace {

constexpr std::uint64_t kPrimaryLba = 1;
constexpr std::uint64_t kPrimaryEntriesLba = 2;
constexpr std::uint8_t kActive = 0x80;
// All that an entry of an MBR can say.
constexpr std::uint32_t kSectorCountMax = std::numeric_limits<std::uint32_t>::max();

// A sound copy of a GPT, with its bytes.
struct Original {
  GptHeader header;
  ByteVector header_sector;  // with what follows the fields that we know
  ByteVector entries;        // whole sectors

  std::uint64_t entries_sector_count(const Sectors& sectors) const {
    return entries.size() / sectors.size;
  }
};

// Where the other copy goes, and what its header says of the disk then.
struct Place {
  std::uint64_t header_lba = 0;
  std::uint64_t entries_lba = 0;
  std::uint64_t alternate_lba = 0;
  std::uint64_t last_usable_lba = 0;
};

Result<Original> take(const Sectors& sectors, const GptHeader& header) {
  Original original{
      .header = header, .header_sector = ByteVector(sectors.size), .entries = {}};
  TRY(sectors.disk.read(header.my_lba * sectors.size, original.header_sector));
  std::uint64_t length = std::uint64_t(header.entry_count) * header.entry_size;
  original.entries.resize(length);
  TRY(sectors.disk.read(header.entries_lba * sectors.size, original.entries));
  original.entries.resize(checked::div_up(length, sectors.size) * sectors.size);
  return original;
}

// The header's sector as it is at `place`.
ByteVector header_at(const Place& place, const Original& original) {
  ByteVector sector = original.header_sector;
  GptHeader header = original.header;
  header.my_lba = place.header_lba;
  header.alternate_lba = place.alternate_lba;
  header.last_usable_lba = place.last_usable_lba;
  header.entries_lba = place.entries_lba;
  header.header_crc = 0;
  static_cast<void>(store(sector, 0, header));  // a sector is larger
  header.header_crc = crc32(Bytes(sector).first(header.header_size));
  static_cast<void>(store(sector, 0, header));
  return sector;
}

// What lies at `place` is neither a partition's nor the original's.
Done check_free(const Sectors& sectors, const Place& place, const Original& original) {
  struct Run {
    std::uint64_t first;
    std::uint64_t count;
  };
  std::uint64_t count = original.entries_sector_count(sectors);
  std::uint64_t first_usable = original.header.first_usable_lba;
  const Run kept[] = {{0, 1},  // the MBR
                      {first_usable, place.last_usable_lba - first_usable + 1},
                      {original.header.my_lba, 1},
                      {original.header.entries_lba, count}};
  for (const Run& ours : {Run{place.header_lba, 1}, Run{place.entries_lba, count}}) {
    bool within = checked::within(ours.first, ours.count, sectors.count());
    if (!within || std::ranges::any_of(kept, [&](const Run& run) {
          return checked::overlap(ours.first, ours.count, run.first, run.count);
        })) {
      return Error(Errc::unsupported,
                   fmt::format("there is no room for it in {} sectors from LBA {} on",
                               ours.count, ours.first));
    }
  }
  return {};
}

Done write_copy(BlockDevice& disk, const Sectors& sectors, const Place& place,
                const Original& original) {
  TRY(check_free(sectors, place, original));
  TRY(disk.write(place.entries_lba * sectors.size, original.entries));
  return disk.write(place.header_lba * sectors.size, header_at(place, original));
}

// Fails where what was written isn't what is read.
Done check_written(const Sectors& sectors) {
  GptCopies copies = read_copies(sectors);
  if (!copies.primary) return std::move(copies.primary).error().in("written primary");
  if (!copies.backup) return std::move(copies.backup).error().in("written backup");
  std::string words = difference(*copies.primary, *copies.backup);
  if (words.empty()) return {};
  return Error(Errc::io, "the disk doesn't keep what is written to it: " + words);
}

Done demand(const BlockDevice& disk, Scheme scheme) {
  Table table = TRY(read_table(disk));
  if (table.scheme == scheme) return {};
  return Error(Errc::bad_argument,
               fmt::format("the disk's partition table is {}, and not {}",
                           to_string(table.scheme), to_string(scheme)));
}

Result<Mbr> read_first(const BlockDevice& disk) {
  ByteVector bytes(kBootSectorSize);
  TRY(disk.read(0, bytes).in("LBA 0"));
  return *load<Mbr>(bytes);
}

// Head, sector and cylinder of `lba` in the geometry that everybody makes up for disks
// that have none, 255 heads of 63 sectors; all ones past its 1024 cylinders.
std::array<std::uint8_t, 3> chs_of(std::uint64_t lba) {
  std::uint64_t cylinder = lba / (255 * 63);
  if (cylinder > 1023) return {0xff, 0xff, 0xff};
  auto byte = [](std::uint64_t value) { return static_cast<std::uint8_t>(value); };
  return {byte(lba / 63 % 255), byte((lba % 63 + 1) | (cylinder >> 8 << 6)),
          byte(cylinder)};
}

// The entry that covers a disk of `sector_count`.  UEFI 2.10, table 5.4.
MbrEntry protective_entry(std::uint64_t sector_count) {
  MbrEntry entry{};
  entry.first_chs = chs_of(1);
  entry.type = kProtectiveType;
  entry.last_chs = chs_of(sector_count - 1);
  entry.first_lba = 1;
  entry.sector_count = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(sector_count - 1, kSectorCountMax));
  return entry;
}

// The first sector after all that a GPT has in front of its backup.
std::uint64_t end_of_partitions(const Sectors& sectors, const GptCopy& copy) {
  std::uint64_t end = copy.header.first_usable_lba + 1;
  for (const Partition& partition : copy.partitions) {
    end = std::max(end, (partition.offset + partition.size) / sectors.size);
  }
  return end;
}

// The least count of sectors: the entries of the backup, and its header, follow.
std::uint64_t least_sector_count(const Sectors& sectors, const GptCopy& copy) {
  const GptHeader& header = copy.header;
  std::uint64_t length = std::uint64_t(header.entry_count) * header.entry_size;
  std::uint64_t count = checked::div_up(length, sectors.size);
  std::uint64_t end = end_of_partitions(sectors, copy);
  // Nobody puts the primary's entries behind the partitions, but a header may say so.
  if (header.my_lba == kPrimaryLba) end = std::max(end, header.entries_lba + count);
  return end + count + 1;
}

// Makes the partition that guards a GPT cover a disk of `sector_count`, if there is
// one.  What covers more than any disk has is left so: Windows makes it, and Linux
// takes it ("set the size to the maximum 32-bit limitation", block/partitions/efi.c).
Done resize_protective(BlockDevice& disk, std::uint64_t sector_count) {
  Mbr mbr = TRY(read_first(disk));
  if (!read_first_sector(bytes_of(mbr)).protective) return {};
  for (MbrEntry& entry : mbr.entries) {
    if (entry.type != kProtectiveType || entry.first_lba != 1) continue;
    if (entry.sector_count == kSectorCountMax) return {};
    entry = protective_entry(sector_count);
  }
  return disk.write(0, bytes_of(mbr));
}

Done restore_primary(BlockDevice& disk, const Sectors& sectors,
                     const GptHeader& sound) {
  Original backup = TRY(take(sectors, sound).in("backup of the GPT"));
  Place place{.header_lba = kPrimaryLba,
              .entries_lba = kPrimaryEntriesLba,
              .alternate_lba = backup.header.my_lba,
              .last_usable_lba = backup.header.last_usable_lba};
  if (auto old = read_gpt_header(sectors, kPrimaryLba)) {
    place.entries_lba = old->entries_lba;
  }
  return write_copy(disk, sectors, place, backup).in("primary of the GPT");
}

Done restore_backup(BlockDevice& disk, const Sectors& sectors, const GptHeader& sound) {
  Original primary = TRY(take(sectors, sound).in("primary of the GPT"));
  std::uint64_t lba = primary.header.alternate_lba;
  std::uint64_t count = primary.entries_sector_count(sectors);
  if (lba < count) {
    return Error(Errc::unsupported,
                 fmt::format("LBA {} is no place for the backup of the GPT", lba));
  }
  Place place{.header_lba = lba,
              .entries_lba = lba - count,
              .alternate_lba = kPrimaryLba,
              .last_usable_lba = primary.header.last_usable_lba};
  return write_copy(disk, sectors, place, primary).in("backup of the GPT");
}

}  // namespace

Done restore_gpt(BlockDevice& disk) {
  TRY(demand(disk, Scheme::gpt));
  Sectors sectors = find_sectors(disk);
  GptCopies copies = read_copies(sectors);
  bool sound = copies.primary && copies.backup;
  if (sound && difference(*copies.primary, *copies.backup).empty()) return {};
  TRY(copies.primary ? restore_backup(disk, sectors, copies.primary->header)
                     : restore_primary(disk, sectors, copies.backup->header));
  TRY(disk.flush());
  return check_written(sectors);
}

Done write_protective_mbr(BlockDevice& disk) {
  TRY(demand(disk, Scheme::gpt));
  Sectors sectors = find_sectors(disk);
  Mbr mbr = TRY(read_first(disk));
  FirstSector first = read_first_sector(bytes_of(mbr));
  if (first.mbr && first.others) {
    return Error(Errc::unsupported, "the MBR names partitions of its own");
  }
  mbr.entries = {protective_entry(sectors.count())};
  mbr.signature = kBootSignature;
  TRY(disk.write(0, bytes_of(mbr)));
  return disk.flush();
}

Done set_active(BlockDevice& disk, std::uint32_t number) {
  TRY(demand(disk, Scheme::mbr));
  Table table = TRY(read_table(disk));
  auto found = std::ranges::find(table.partitions, number, &Partition::number);
  if (found == table.partitions.end()) {
    return Error(Errc::not_found, fmt::format("there is no partition {}", number));
  }
  if (number >= kLogicalFirst) {
    return Error(Errc::bad_argument,
                 fmt::format("partition {} is a logical one; firmware starts from a "
                             "primary one only",
                             number));
  }
  Mbr mbr = TRY(read_first(disk));
  for (std::uint32_t slot = 0; slot < mbr.entries.size(); ++slot) {
    mbr.entries[slot].status = slot + 1 == number ? kActive : 0;
  }
  TRY(disk.write(0, bytes_of(mbr)));
  return disk.flush();
}

Result<std::uint64_t> least_size(const BlockDevice& disk) {
  Table table = TRY(read_table(disk));
  if (table.scheme == Scheme::none) return disk.size();
  if (table.scheme == Scheme::gpt) {
    Sectors sectors = find_sectors(disk);
    GptCopies copies = read_copies(sectors);
    const GptCopy& copy = copies.primary ? *copies.primary : *copies.backup;
    return least_sector_count(sectors, copy) * sectors.size;
  }
  Mbr mbr = TRY(read_first(disk));
  std::uint64_t end = 1;
  for (const MbrEntry& entry : mbr.entries) {
    if (entry.type == 0) continue;
    end = std::max(end, std::uint64_t(entry.first_lba) + entry.sector_count);
  }
  return end * disk.sector_size();
}

Done move_backup_gpt(BlockDevice& disk, std::uint64_t size) {
  TRY(demand(disk, Scheme::gpt));
  Sectors sectors = find_sectors(disk);
  if (size % sectors.size != 0 || size > disk.size()) {
    return Error(Errc::bad_argument,
                 fmt::format("{} bytes aren't whole sectors of {} on a disk of {}",
                             size, sectors.size, disk.size()));
  }
  GptCopies copies = read_copies(sectors);
  if (!copies.primary)
    return std::move(copies.primary).error().in("primary of the GPT");
  std::uint64_t sector_count = size / sectors.size;
  if (std::uint64_t least = least_sector_count(sectors, *copies.primary);
      sector_count < least) {
    return Error(Errc::no_space,
                 fmt::format("the partitions and the backup of their table take {} "
                             "bytes, and not {}",
                             least * sectors.size, size));
  }
  Original primary =
      TRY(take(sectors, copies.primary->header).in("primary of the GPT"));
  std::uint64_t last = sector_count - 1;
  std::uint64_t entries = last - primary.entries_sector_count(sectors);
  Place backup{.header_lba = last,
               .entries_lba = entries,
               .alternate_lba = kPrimaryLba,
               .last_usable_lba = entries - 1};
  TRY(write_copy(disk, sectors, backup, primary).in("backup of the GPT"));
  // The primary names the new backup only when that is there.
  TRY(disk.flush());
  Place own{.header_lba = kPrimaryLba,
            .entries_lba = primary.header.entries_lba,
            .alternate_lba = last,
            .last_usable_lba = entries - 1};
  TRY(disk.write(kPrimaryLba * sectors.size, header_at(own, primary)));
  TRY(resize_protective(disk, sector_count).in("LBA 0"));
  TRY(disk.flush());
  return check_written(sectors);
}

}  // namespace drydock::partition
