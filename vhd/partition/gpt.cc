#include "vhd/partition/gpt.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "vhd/base/checked.h"
#include "vhd/base/crc.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::partition {

namespace {

// UEFI 2.10, table 5.5: an entry is 128 bytes times a power of two.  Everybody
// makes 128; a whole 4096-byte sector is as far as we go along.
constexpr std::uint32_t kEntrySizeMin = sizeof(GptEntry);
constexpr std::uint32_t kEntrySizeMax = 4096;

// Windows, sgdisk and fdisk make 128 slots.  Eight times that is room for any
// table that was enlarged by hand, and bounds what we allocate to 4 MiB.
constexpr std::uint32_t kEntryCountMax = 1024;

template <class... T>
Error corrupt(fmt::format_string<T...> words, T&&... numbers) {
  return Error(Errc::corrupt, fmt::format(words, std::forward<T>(numbers)...));
}

// The header's own bytes, its checksum and its idea of where it is.
Result<GptHeader> read_header(const Sectors& sectors, std::uint64_t lba) {
  if (lba >= sectors.count()) {
    return corrupt("header: LBA {} is past the disk's last, {}", lba, sectors.last());
  }
  ByteVector sector(sectors.size);
  Done read = sectors.disk.read(lba * sectors.size, sector);
  if (!read) {
    return Error(read.error().code(), "header: " + read.error().describe());
  }
  GptHeader header = *load<GptHeader>(sector);
  if (std::string_view(header.signature.data(), 8) != kGptSignature) {
    return corrupt("header: LBA {} doesn't start with \"EFI PART\"", lba);
  }
  if (header.header_size < sizeof(GptHeader) || header.header_size > sectors.size) {
    return corrupt("header: a size of {} isn't within 92 to {}",
                   std::uint32_t(header.header_size), sectors.size);
  }
  GptHeader unsummed = header;
  unsummed.header_crc = 0;
  std::uint32_t crc = crc32(bytes_of(unsummed));
  crc = crc32(Bytes(sector).first(header.header_size).subspan(sizeof(GptHeader)), crc);
  if (crc != header.header_crc) {
    return corrupt("header: checksum {:#010x} doesn't match {:#010x}",
                   std::uint32_t(header.header_crc), crc);
  }
  if (header.my_lba != lba) {
    return corrupt("header: it says that it is at LBA {}, and is at {}",
                   std::uint64_t(header.my_lba), lba);
  }
  return header;
}

// Everything that the header says of the rest of the disk.
Done check_layout(const Sectors& sectors, const GptHeader& header) {
  std::uint64_t first = header.first_usable_lba;
  std::uint64_t last = header.last_usable_lba;
  if (last > sectors.last()) {
    return corrupt("header: the last usable LBA {} is past the disk's last, {}", last,
                   sectors.last());
  }
  if (first > last) {
    return corrupt("header: the first usable LBA {} is after the last, {}", first,
                   last);
  }
  if (header.my_lba >= first && header.my_lba <= last) {
    return corrupt("header: LBA {} lies in the usable part, {} to {}",
                   std::uint64_t(header.my_lba), first, last);
  }
  std::uint32_t entry_size = header.entry_size;
  if (entry_size < kEntrySizeMin || entry_size > kEntrySizeMax ||
      !std::has_single_bit(entry_size)) {
    return corrupt("header: an entry size of {} isn't a power of two from {} to {}",
                   entry_size, kEntrySizeMin, kEntrySizeMax);
  }
  if (header.entry_count == 0 || header.entry_count > kEntryCountMax) {
    return corrupt("header: an entry count of {} isn't within 1 to {}",
                   std::uint32_t(header.entry_count), kEntryCountMax);
  }
  std::uint64_t entries = header.entries_lba;
  std::uint64_t length = checked::div_up(
      std::uint64_t(header.entry_count) * header.entry_size, sectors.size);
  if (!checked::within(entries, length, sectors.count())) {
    return corrupt(
        "header: {} sectors of entries at LBA {} run past the disk's last, {}", length,
        entries, sectors.last());
  }
  if (entries == 0 || checked::overlap(entries, length, header.my_lba, 1)) {
    return corrupt("header: the entries at LBA {} lie upon the MBR or the header",
                   entries);
  }
  if (checked::overlap(entries, length, first, last - first + 1)) {
    return corrupt("header: the entries at LBA {} lie in the usable part, {} to {}",
                   entries, first, last);
  }
  return {};
}

Partition decode(const Sectors& sectors, const GptEntry& entry, std::uint32_t number) {
  std::u16string name = utf16le(entry.name);
  name.resize(std::min(name.find(u'\0'), name.size()));
  return {.number = number,
          .type = entry.type,
          .id = entry.id,
          .offset = entry.first_lba * sectors.size,
          .size = (entry.last_lba - entry.first_lba + 1) * sectors.size,
          .attributes = entry.attributes,
          .name = to_utf8(name)};
}

Result<std::vector<Partition>> read_entries(const Sectors& sectors,
                                            const GptHeader& header) {
  ByteVector bytes(std::size_t(header.entry_count) * header.entry_size);
  Done read = sectors.disk.read(header.entries_lba * sectors.size, bytes);
  if (!read) return Error(read.error().code(), "entries: " + read.error().describe());
  std::uint32_t crc = crc32(bytes);
  if (crc != header.entries_crc) {
    return corrupt("entries: checksum {:#010x} doesn't match {:#010x}",
                   std::uint32_t(header.entries_crc), crc);
  }
  std::vector<Partition> partitions;
  for (std::uint32_t i = 0; i < header.entry_count; ++i) {
    GptEntry entry = *load<GptEntry>(bytes, std::size_t(i) * header.entry_size);
    if (entry.type.is_zero()) continue;
    std::uint64_t first = entry.first_lba;
    std::uint64_t last = entry.last_lba;
    if (first > last) {
      return corrupt("partition {}: its first LBA {} is after its last, {}", i + 1,
                     first, last);
    }
    if (first < header.first_usable_lba || last > header.last_usable_lba) {
      return corrupt("partition {}: LBA {} to {} isn't within the usable {} to {}",
                     i + 1, first, last, std::uint64_t(header.first_usable_lba),
                     std::uint64_t(header.last_usable_lba));
    }
    partitions.push_back(decode(sectors, entry, i + 1));
  }
  return partitions;
}

Done check_overlaps(const std::vector<Partition>& partitions) {
  std::vector<const Partition*> ordered;
  for (const Partition& partition : partitions) ordered.push_back(&partition);
  std::ranges::sort(ordered, {}, [](const Partition* p) { return p->offset; });
  for (std::size_t i = 1; i < ordered.size(); ++i) {
    const Partition& before = *ordered[i - 1];
    const Partition& after = *ordered[i];
    if (before.offset + before.size > after.offset) {
      return corrupt("partition {}: it overlaps partition {} at offset {}",
                     before.number, after.number, after.offset);
    }
  }
  return {};
}

}  // namespace

bool has_gpt_header(const Sectors& sectors, std::uint64_t lba) {
  std::array<std::byte, kGptSignature.size()> start;
  return lba < sectors.count() && sectors.disk.read(lba * sectors.size, start) &&
         as_text(start) == kGptSignature;
}

Result<GptHeader> read_gpt_header(const Sectors& sectors, std::uint64_t lba) {
  GptHeader header = TRY(read_header(sectors, lba));
  TRY(check_layout(sectors, header));
  return header;
}

Result<GptCopy> read_gpt(const Sectors& sectors, std::uint64_t lba) {
  GptCopy copy;
  copy.header = TRY(read_gpt_header(sectors, lba));
  copy.partitions = TRY(read_entries(sectors, copy.header));
  TRY(check_overlaps(copy.partitions));
  return copy;
}

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

namespace {

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

}  // namespace

GptCopies read_copies(const Sectors& sectors) {
  Result<GptCopy> primary = read_gpt(sectors, 1);
  Result<GptCopy> backup = read_backup(sectors, primary);
  return {.primary = std::move(primary), .backup = std::move(backup)};
}

std::string difference(const GptCopy& believed, const GptCopy& other) {
  const GptHeader& a = believed.header;
  const GptHeader& b = other.header;
  auto differs = [](std::string_view what, auto ours, auto theirs) {
    return fmt::format("header: differs: {} {} against {}", what, ours, theirs);
  };
  if (a.disk_id != b.disk_id) {
    return differs("disk id", to_string(b.disk_id), to_string(a.disk_id));
  }
  struct Field {
    std::string_view what;
    std::uint64_t ours;
    std::uint64_t theirs;
  };
  const Field fields[] = {
      {"first usable LBA", b.first_usable_lba, a.first_usable_lba},
      {"last usable LBA", b.last_usable_lba, a.last_usable_lba},
      {"entry count", b.entry_count, a.entry_count},
      {"entry size", b.entry_size, a.entry_size},
      {"alternate LBA", b.alternate_lba, a.my_lba},
      {"place", b.my_lba, a.alternate_lba},
  };
  for (const Field& field : fields) {
    if (field.ours != field.theirs)
      return differs(field.what, field.ours, field.theirs);
  }
  if (a.entries_crc != b.entries_crc) {
    return fmt::format("entries: differ: checksum {:#010x} against {:#010x}",
                       std::uint32_t(b.entries_crc), std::uint32_t(a.entries_crc));
  }
  return {};
}

}  // namespace drydock::partition
