// Hives that a crash caught: the file as it was, and what changed since in
// transaction logs beside it.
//
// Nothing here shares code with repair/hive, which applies these logs: the
// formats were written down a second time, hashes and checksums too.

#pragma once

#include <cstdint>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::images {

struct DirtyHive {
  ByteVector hive;  // as it was, its header saying that a write was begun
  ByteVector log1;
  ByteVector log2;  // empty in the old format
};

// Logs as Windows 8.1 and later write them, of `entry_count` entries, the pages
// shared out among them: the first half of the entries in LOG1, the rest in LOG2.
// `sequence` is the first entry's number.  bad_argument where `before` and `after`
// aren't two states of one sound hive, or are the same.
Result<DirtyHive> make_dirty_with_entries(Bytes before, Bytes after,
                                          std::uint32_t entry_count,
                                          std::uint32_t sequence);

// A log as Windows before 8.1 wrote it, in LOG1.
Result<DirtyHive> make_dirty_with_vector(Bytes before, Bytes after,
                                         std::uint32_t sequence);

}  // namespace drydock::images
