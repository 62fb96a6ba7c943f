// A hive's transaction logs, decoded: SYSTEM.LOG, SYSTEM.LOG1, SYSTEM.LOG2.
//
//   before Windows 8.1:  a copy of the hive's header | "DIRT" and a bitmap | pages
//   since then:          a copy of the hive's header | entry | entry | ...
//
// Each call checks what it decodes against the bytes that are there.  Which of
// it Windows would apply is recovery.h's question.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "repair/hive/format.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::hive {

// Of one log.  Windows lets them grow to some tens of MiB before it flushes.
inline constexpr std::uint64_t kLogSizeMax = std::uint64_t{256} << 20;

struct LogFile {
  std::string name;  // "SYSTEM.LOG1"
  ByteVector bytes;
};

enum class LogFormat : std::uint8_t {
  dirty_vector,  // "DIRT": one set of pages, unhashed
  entries,       // "HvLE": a sequence of sets, hashed
};

// Bytes of the hive, by where they lie from the first bin on.
struct Page {
  std::uint32_t offset = 0;
  Bytes bytes;  // of the log, which must outlive it
};

struct LogEntry {
  std::uint32_t size = 0;  // of the entry itself
  std::uint32_t flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t bins_size = 0;  // of the hive once it is applied
  std::vector<Page> pages;
};

// The header of a log that was written whole.  corrupt where it is no header, has
// another checksum, two sequence numbers, or is a hive's own.
Result<BaseBlock> read_log_header(Bytes log);
// Of such a header.
LogFormat log_format(const BaseBlock& header);

// The pages of a log of the old format.  corrupt where the log is shorter than
// its bitmap says.
Result<std::vector<Page>> read_dirty_pages(Bytes log, const BaseBlock& header);

// The entry at `offset`.  not_found where none begins there; corrupt where one
// does that isn't whole.  Its pages may lie anywhere in its `bins_size`.
Result<LogEntry> read_log_entry(Bytes log, std::size_t offset);

// The greatest sequence number in a log: in its header and in the entries, valid
// or not, applied or not, also in the remnants behind the last one.  0 where
// nothing is in it.
std::uint32_t greatest_sequence(Bytes log);

}  // namespace drydock::hive
