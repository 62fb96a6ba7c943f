// Where in a log an LSN points, and where its records lie.
//
// An LSN (log sequence number) is a position and a count in one: its lower bits
// are the record's offset in the log, in units of 8 bytes, its upper ones count
// how often the log came round.  So a later record has the greater LSN, and what
// an earlier round left behind is never taken for a record of this one.

#pragma once

#include <cstdint>

#include "ntfs/logfile/restart.h"
#include "vhd/base/result.h"

namespace drydock::ntfs {

// Of restart pages and of record pages: Windows' own page, on every machine
// but Itanium.
inline constexpr std::uint32_t kLogPageSize = 4096;

// Windows makes logs of 2 MiB to 64 MiB; chkdsk /L takes up to 4 GiB.
inline constexpr std::uint64_t kLogSizeMax = std::uint64_t{4} << 30;
// What LFS asks for at least.
inline constexpr std::uint64_t kLogPageCountMin = 48;

struct LogLayout {
  std::uint16_t major_version = 0;
  std::uint32_t sequence_bits = 0;
  std::uint64_t size = 0;  // in bytes, whole pages
  std::uint16_t record_header_size = 0;
  std::uint16_t data_offset = 0;  // in each page

  // Before it are the restart pages, and two tail pages (1.x) or 32 fast ones.
  std::uint64_t first_record_page() const { return major_version >= 2 ? 34 : 4; }
  std::uint64_t page_count() const { return size / kLogPageSize; }
  std::uint64_t data_size() const { return kLogPageSize - data_offset; }

  std::uint64_t offset_of(std::uint64_t lsn) const {
    return (lsn << sequence_bits) >> (sequence_bits - 3);
  }
  std::uint64_t sequence_of(std::uint64_t lsn) const {
    return lsn >> (64 - sequence_bits);
  }
  std::uint64_t lsn_at(std::uint64_t sequence, std::uint64_t offset) const {
    return sequence << (64 - sequence_bits) | offset >> 3;
  }
  // Whether a record can begin where `lsn` says.
  bool believes(std::uint64_t lsn) const;
};

// unsupported for a version or a page size that we don't know; corrupt for
// numbers that can't be.  `data_size` is that of the file $LogFile.
Result<LogLayout> log_layout(const Restart& restart, std::uint64_t data_size);

}  // namespace drydock::ntfs
