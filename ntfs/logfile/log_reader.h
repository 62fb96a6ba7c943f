// Records of a log, by their LSN and one after the other.

#pragma once

#include <cstdint>
#include <optional>

#include "ntfs/logfile/record_pages.h"

namespace drydock::ntfs {

struct LogRecord {
  std::uint64_t lsn = 0;
  std::uint64_t previous_lsn = 0;   // of its transaction; 0: none
  std::uint64_t undo_next_lsn = 0;  // what to undo after it; 0: nothing
  std::uint32_t type = 0;           // kActionRecord or kCheckpointRecord
  std::uint32_t transaction = 0;
  std::uint16_t flags = 0;
  ByteVector data;
  std::uint64_t end = 0;  // offset in the log of the byte after it
};

class LogReader {
 public:
  explicit LogReader(RecordPages pages) : pages_(std::move(pages)) {}

  const LogLayout& layout() const { return pages_.layout(); }
  RecordPages& pages() { return pages_; }

  // The record that `lsn` names, or nothing where the log doesn't hold it, or not
  // all of it.
  Result<std::optional<LogRecord>> find(std::uint64_t lsn);

  // As find(), but corrupt where there is none.
  Result<LogRecord> at(std::uint64_t lsn);

  // The record after `record`, or nothing at the log's end.
  Result<std::optional<LogRecord>> next(const LogRecord& record);

  // corrupt where the log goes on behind its end, `last`: a page in the middle
  // was lost.  What belongs to the same write as the end's own page doesn't
  // count; a power cut may lose any page of it.
  Done check_end(const LogRecord& last);

 private:
  std::uint64_t page_after(std::uint64_t index) const;
  Result<bool> read_data(LogRecord& record, std::uint64_t offset, std::uint32_t length);

  RecordPages pages_;
};

}  // namespace drydock::ntfs
