#include "repair/hive/log.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/hive/cells.h"
#include "repair/hive/marvin32.h"
#include "vhd/base/try.h"

namespace drydock::hive {

namespace {

Error torn(std::string what) { return Error(Errc::corrupt, std::move(what)); }

// Both halves of an entry's hash.  The second covers the first.
bool hashes_right(Bytes entry, const LogEntryHeader& header) {
  return header.head_hash ==
             marvin32(entry.first(offsetof(LogEntryHeader, head_hash))) &&
         header.body_hash == marvin32(entry.subspan(sizeof(LogEntryHeader)));
}

Result<std::vector<Page>> read_pages(Bytes entry, const LogEntryHeader& header) {
  std::uint64_t count = header.page_count;
  if (count > (entry.size() - sizeof(header)) / sizeof(PageReference)) {
    return torn(fmt::format("it names {} pages, more than it has room for", count));
  }
  std::vector<Page> pages;
  std::size_t at = sizeof(header) + count * sizeof(PageReference);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto page = *load<PageReference>(entry, sizeof(header) + i * sizeof(PageReference));
    if (page.size > entry.size() - at) {
      return torn(
          fmt::format("its page of {} bytes ends behind it", std::uint32_t{page.size}));
    }
    if (page.offset % kLogUnit != 0 || page.size % kLogUnit != 0 ||
        page.offset > header.bins_size || page.size > header.bins_size - page.offset) {
      return torn(fmt::format("its page of {} bytes at 0x{:x} lies outside the hive",
                              std::uint32_t{page.size}, std::uint32_t{page.offset}));
    }
    pages.push_back({.offset = page.offset, .bytes = entry.subspan(at, page.size)});
    at += page.size;
  }
  return pages;
}

}  // namespace

Result<BaseBlock> read_log_header(Bytes log) {
  auto header = load<BaseBlock>(log);
  if (!header) return torn(fmt::format("{} bytes are too few for a log", log.size()));
  if (header->signature != kBaseBlockSignature)
    return torn("it doesn't begin as a log");
  if (header->checksum != checksum(*header)) {
    return torn("the checksum of its header is wrong");
  }
  if (header->sequence1 != header->sequence2) {
    return torn(fmt::format("its sequence numbers {} and {} differ",
                            std::uint32_t{header->sequence1},
                            std::uint32_t{header->sequence2}));
  }
  std::uint32_t type = header->type;
  if (type != kLogTypeEntries && type != kLogTypeDirtyVector &&
      type != kLogTypeDirtyVector2000) {
    return torn(fmt::format("its header is of type {}, no log's", type));
  }
  return *header;
}

LogFormat log_format(const BaseBlock& header) {
  return header.type == kLogTypeEntries ? LogFormat::entries : LogFormat::dirty_vector;
}

Result<std::vector<Page>> read_dirty_pages(Bytes log, const BaseBlock& header) {
  std::uint32_t bins_size = header.bins_size;
  if (bins_size == 0 || bins_size % kBinUnit != 0) {
    return torn(fmt::format("it is of a hive of {} bytes of bins", bins_size));
  }
  auto signature = load<le32>(log, sizeof(BaseBlock));
  if (!signature || *signature != kDirtyVectorSignature) {
    return torn("it holds no list of dirty pages");
  }
  std::size_t bitmap_at = sizeof(BaseBlock) + sizeof(le32);
  std::size_t bitmap_size = bins_size / kLogUnit / 8;
  if (bitmap_size > log.size() - bitmap_at) {
    return torn("it ends within its list of dirty pages");
  }
  Bytes bitmap = log.subspan(bitmap_at, bitmap_size);
  std::size_t at = (bitmap_at + bitmap_size + kLogUnit - 1) / kLogUnit * kLogUnit;
  std::vector<Page> pages;
  for (std::uint32_t i = 0; i < bins_size / kLogUnit; ++i) {
    if ((bitmap[i / 8] >> i % 8 & std::byte{1}) == std::byte{0}) continue;
    if (at > log.size() || log.size() - at < kLogUnit) {
      return torn(fmt::format("it ends after {} of its dirty pages", pages.size()));
    }
    pages.push_back({.offset = i * kLogUnit, .bytes = log.subspan(at, kLogUnit)});
    at += kLogUnit;
  }
  if (pages.empty()) return torn("it holds no dirty page");
  return pages;
}

Result<LogEntry> read_log_entry(Bytes log, std::size_t offset) {
  auto header = load<LogEntryHeader>(log, offset);
  if (!header) return Error(Errc::not_found, "the log ends");
  if (header->signature != kLogEntrySignature) {
    return Error(Errc::not_found, "there is no further entry");
  }
  std::uint32_t size = header->size;
  if (size < sizeof(*header) || size % kLogUnit != 0 || size > log.size() - offset) {
    return torn(fmt::format("it claims {} bytes where the log has {}", size,
                            log.size() - offset));
  }
  Bytes entry = log.subspan(offset, size);
  if (!hashes_right(entry, *header)) return torn("its hash is wrong");
  if (header->bins_size == 0 || header->bins_size % kBinUnit != 0) {
    return torn(fmt::format("it is of a hive of {} bytes of bins",
                            std::uint32_t{header->bins_size}));
  }
  if (header->page_count == 0) return torn("it has no page");
  auto pages = TRY(read_pages(entry, *header));
  return LogEntry{.size = size,
                  .flags = header->flags,
                  .sequence = header->sequence,
                  .bins_size = header->bins_size,
                  .pages = std::move(pages)};
}

std::uint32_t greatest_sequence(Bytes log) {
  std::uint32_t greatest = 0;
  auto words = load<std::array<le32, 3>>(log);
  if (words && (*words)[0] == kBaseBlockSignature) {
    greatest = std::max<std::uint32_t>((*words)[1], (*words)[2]);
  }
  // Looks at every place where an entry can start rather than from entry to
  // entry, because remnants of an earlier round lie behind the last one.  What
  // is within an entry isn't looked at: pages of the hive may hold anything.
  std::size_t at = kLogUnit;
  while (auto entry = load<LogEntryPrefix>(log, at)) {
    std::size_t step = kLogUnit;
    if (entry->signature == kLogEntrySignature) {
      greatest = std::max<std::uint32_t>(greatest, entry->sequence);
      if (entry->size % kLogUnit == 0) step = std::max<std::size_t>(step, entry->size);
    }
    if (step > log.size() - at) break;
    at += step;
  }
  return greatest;
}

}  // namespace drydock::hive
