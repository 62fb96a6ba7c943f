// One entry of the log: a set of 4 KiB pages and of runs of zeros that take
// effect together.
//
// An entry counts only if all of it is as it was written: besides its checksum,
// every page of it repeats the entry's sequence number.

#pragma once

#include <optional>
#include <vector>

#include "vhd/vhdx/format.h"

namespace drydock::vhdx {

// The header of the entry that starts with `page` in a log of `log_length`
// bytes; nothing where none does, or one of another log or of impossible sizes.
std::optional<LogEntryHeader> log_entry_at(Bytes page, const Guid& log_guid,
                                           std::uint64_t log_length);

// Whether all of an entry, entry_length bytes, is as it was written.
bool is_sound_log_entry(Bytes entry);

// What a descriptor changes in the file.
struct LogChange {
  std::uint64_t file_offset = 0;
  std::uint64_t length = 0;
  ByteVector contents;  // empty: it becomes zeros
};
// What a sound entry changes, in its order.
std::vector<LogChange> log_entry_changes(Bytes entry);

// A page of the file, kPageSize bytes, and its new contents.
struct PageWrite {
  std::uint64_t file_offset = 0;
  Bytes contents;
};

// The most pages that an entry of no more than `length_max` bytes holds.
std::uint64_t log_entry_page_count_max(std::uint64_t length_max);

// An entry that writes `pages`.  Of `header`, the sequence number, tail, GUID
// and file offsets are used, and the rest is filled in.
ByteVector make_log_entry(LogEntryHeader header, const std::vector<PageWrite>& pages);

}  // namespace drydock::vhdx
