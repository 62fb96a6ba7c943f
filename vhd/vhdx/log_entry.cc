#include "vhd/vhdx/log_entry.h"

#include "vhd/vhdx/checksum.h"

namespace drydock::vhdx {

namespace {

// Descriptors follow each other without a gap from page to page.
LogDescriptor descriptor_at(Bytes entry, std::uint64_t i) {
  return *load<LogDescriptor>(entry,
                              sizeof(LogEntryHeader) + i * sizeof(LogDescriptor));
}

bool is_sound_sector(const LogDataSector& sector, std::uint64_t number) {
  return sector.signature == kSectorSignature &&
         sector.sequence_high == static_cast<std::uint32_t>(number >> 32) &&
         sector.sequence_low == static_cast<std::uint32_t>(number);
}

// The first 8 bytes and the last 4 of a page made room for the sector's own
// fields, and wait in the descriptor.
ByteVector restore(const LogDescriptor& descriptor, const LogDataSector& sector) {
  ByteVector page(kPageSize);
  static_cast<void>(store(page, 0, descriptor.leading_bytes));
  static_cast<void>(store(page, 8, sector.contents));
  static_cast<void>(store(page, kPageSize - 4, descriptor.trailing_bytes));
  return page;
}

}  // namespace

std::optional<LogEntryHeader> log_entry_at(Bytes page, const Guid& log_guid,
                                           std::uint64_t log_length) {
  auto header = load<LogEntryHeader>(page);
  if (!header || header->signature != kLogEntrySignature) return std::nullopt;
  std::uint32_t length = header->entry_length;
  std::uint64_t page_count = length / kPageSize;
  bool fits = header->log_guid == log_guid && header->sequence_number != 0 &&
              length % kPageSize == 0 && length <= log_length &&
              descriptor_page_count(header->descriptor_count) <= page_count &&
              header->tail % kPageSize == 0 && header->tail < log_length;
  if (!fits) return std::nullopt;
  return header;
}

bool is_sound_log_entry(Bytes entry) {
  auto header = load<LogEntryHeader>(entry);
  if (!header || header->checksum != checksum_of(entry)) return false;
  std::uint64_t number = header->sequence_number;
  std::uint32_t count = header->descriptor_count;
  std::uint64_t sector_at = descriptor_page_count(count) * kPageSize;
  for (std::uint32_t i = 0; i < count; ++i) {
    LogDescriptor descriptor = descriptor_at(entry, i);
    if (descriptor.sequence_number != number ||
        descriptor.file_offset % kPageSize != 0) {
      return false;
    }
    if (descriptor.signature == kZeroSignature) {
      if (descriptor.leading_bytes % kPageSize != 0) return false;
      continue;
    }
    auto sector = load<LogDataSector>(entry, sector_at);
    bool sound = descriptor.signature == kDataSignature && sector &&
                 is_sound_sector(*sector, number);
    if (!sound) return false;
    sector_at += kPageSize;
  }
  return true;
}

std::vector<LogChange> log_entry_changes(Bytes entry) {
  std::uint32_t count = load<LogEntryHeader>(entry)->descriptor_count;
  std::uint64_t sector_at = descriptor_page_count(count) * kPageSize;
  std::vector<LogChange> changes(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    LogDescriptor descriptor = descriptor_at(entry, i);
    changes[i].file_offset = descriptor.file_offset;
    if (descriptor.signature == kZeroSignature) {
      changes[i].length = descriptor.leading_bytes;
      continue;
    }
    changes[i].length = kPageSize;
    changes[i].contents = restore(descriptor, *load<LogDataSector>(entry, sector_at));
    sector_at += kPageSize;
  }
  return changes;
}

std::uint64_t log_entry_page_count_max(std::uint64_t length_max) {
  std::uint64_t count = length_max / kPageSize;
  while (count > 0 && (descriptor_page_count(count) + count) * kPageSize > length_max) {
    --count;
  }
  return count;
}

ByteVector make_log_entry(LogEntryHeader header, const std::vector<PageWrite>& pages) {
  std::uint64_t number = header.sequence_number;
  std::uint64_t sector_at = descriptor_page_count(pages.size()) * kPageSize;
  ByteVector entry(sector_at + pages.size() * kPageSize);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    LogDataSector sector{
        .signature = kSectorSignature,
        .sequence_high = static_cast<std::uint32_t>(number >> 32),
        .contents = *load<decltype(sector.contents)>(pages[i].contents, 8),
        .sequence_low = static_cast<std::uint32_t>(number)};
    LogDescriptor descriptor{
        .signature = kDataSignature,
        .trailing_bytes = *load<le32>(pages[i].contents, kPageSize - 4),
        .leading_bytes = *load<le64>(pages[i].contents, 0),
        .file_offset = pages[i].file_offset,
        .sequence_number = number};
    static_cast<void>(
        store(entry, sizeof(LogEntryHeader) + i * sizeof(LogDescriptor), descriptor));
    static_cast<void>(store(entry, sector_at + i * kPageSize, sector));
  }
  header.signature = kLogEntrySignature;
  header.entry_length = static_cast<std::uint32_t>(entry.size());
  header.descriptor_count = static_cast<std::uint32_t>(pages.size());
  static_cast<void>(store(entry, 0, header));
  header.checksum = checksum_of(entry);
  static_cast<void>(store(entry, 0, header));
  return entry;
}

}  // namespace drydock::vhdx
