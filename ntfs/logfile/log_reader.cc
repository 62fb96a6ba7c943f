#include "ntfs/logfile/log_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/logfile/format.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// The largest that Windows writes are tables; 65535 dirty pages take 2.6 MiB.
constexpr std::uint32_t kDataLengthMax = 4 << 20;
// How far behind the end a lost page is looked for: more than one write has.
constexpr std::uint64_t kPagesLookedAhead = 256;

}  // namespace

std::uint64_t LogReader::page_after(std::uint64_t index) const {
  return index + 1 < layout().page_count() ? index + 1 : layout().first_record_page();
}

Result<std::optional<LogRecord>> LogReader::find(std::uint64_t lsn) {
  if (!layout().believes(lsn)) return {std::nullopt};
  std::uint64_t offset = layout().offset_of(lsn);
  Bytes page = TRY(pages_.page(offset / kLogPageSize));
  auto header = load<LogRecordHeader>(page, offset % kLogPageSize);
  if (!header || header->lsn != lsn) return {std::nullopt};
  if (header->type != kActionRecord && header->type != kCheckpointRecord) {
    return {std::nullopt};
  }
  // A log holds each record once.
  std::uint64_t length_max = std::min<std::uint64_t>(kDataLengthMax, layout().size / 2);
  if (header->data_length > length_max) return {std::nullopt};
  LogRecord record{.lsn = lsn,
                   .previous_lsn = header->previous_lsn,
                   .undo_next_lsn = header->undo_next_lsn,
                   .type = header->type,
                   .transaction = header->transaction,
                   .flags = header->flags,
                   .data = {},
                   .end = 0};
  bool whole =
      TRY(read_data(record, offset + layout().record_header_size, header->data_length));
  if (!whole) return {std::nullopt};
  return std::optional(std::move(record));
}

// Gathers the data that begins at `offset`; false where a page of it is missing.
Result<bool> LogReader::read_data(LogRecord& record, std::uint64_t offset,
                                  std::uint32_t length) {
  record.data.reserve(length);
  // The header may end with its page.
  std::uint64_t index = (offset - 1) / kLogPageSize;
  std::uint64_t at = offset - index * kLogPageSize;
  while (true) {
    Bytes page = TRY(pages_.page(index));
    if (page.empty() || RecordPages::newest_lsn(page) < record.lsn) return false;
    std::uint64_t part =
        std::min<std::uint64_t>(length - record.data.size(), kLogPageSize - at);
    Bytes piece = page.subspan(at, part);
    record.data.insert(record.data.end(), piece.begin(), piece.end());
    record.end = index * kLogPageSize + at + part;
    if (record.data.size() == length) return true;
    index = page_after(index);
    at = layout().data_offset;
  }
}

Result<LogRecord> LogReader::at(std::uint64_t lsn) {
  auto record = TRY(find(lsn));
  if (!record) {
    return Error(Errc::corrupt,
                 fmt::format("the log has no record 0x{:x}, which it refers to", lsn));
  }
  return std::move(*record);
}

Result<std::optional<LogRecord>> LogReader::next(const LogRecord& record) {
  std::uint64_t start = layout().offset_of(record.lsn);
  std::uint64_t sequence = layout().sequence_of(record.lsn);
  std::uint64_t index = (record.end - 1) / kLogPageSize;
  if (index < start / kLogPageSize) ++sequence;  // It went round.
  std::uint64_t within =
      *checked::align_up(record.end - index * kLogPageSize, sizeof(std::uint64_t));
  if (kLogPageSize - within >= layout().record_header_size) {
    auto found = TRY(find(layout().lsn_at(sequence, index * kLogPageSize + within)));
    if (found) return found;
  }
  // Windows may leave the rest of a page empty.
  std::uint64_t following = page_after(index);
  if (following < index) ++sequence;
  return find(
      layout().lsn_at(sequence, following * kLogPageSize + layout().data_offset));
}

Done LogReader::check_end(const LogRecord& last) {
  std::uint64_t end = (last.end - 1) / kLogPageSize;
  std::uint64_t index = page_after(end);
  std::uint64_t ahead_max = std::min(kPagesLookedAhead, layout().page_count() / 2);
  for (std::uint64_t ahead = 1; ahead <= ahead_max;
       ++ahead, index = page_after(index)) {
    Bytes page = TRY(pages_.page(index));
    if (page.empty() || RecordPages::newest_lsn(page) <= last.lsn) continue;
    // A page that was written together with the one after the end.
    std::uint16_t position = load<RecordPage>(page)->page_position;
    if (position >= ahead) continue;
    return Error(Errc::corrupt,
                 fmt::format("the log ends with record 0x{:x}, but page {} goes on to "
                             "0x{:x}: what is between them was lost",
                             last.lsn, index, RecordPages::newest_lsn(page)));
  }
  return {};
}

}  // namespace drydock::ntfs
