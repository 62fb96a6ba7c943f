// The log that a writer left behind: what it wanted to do to the file's
// structures, and may or may not have come to do.
//
// read_log() finds the entries that count and boils them down to what the file
// holds once they are replayed.  A reader lays that over the file, and changes
// nothing; a writer carries it into the file.  Either may be done any number of
// times.

#pragma once

#include <map>

#include "vhd/block_device.h"
#include "vhd/vhdx/format.h"

namespace drydock::vhdx {

// The file after a replay, where it differs from the file before.
struct Replay {
  std::map<std::uint64_t, ByteVector> pages;     // kPageSize bytes, by file offset
  std::map<std::uint64_t, std::uint64_t> zeros;  // begin and end; pages lie on top
  std::uint64_t file_size = 0;                   // what it grows to; never less
  std::uint64_t entry_count = 0;                 // that were replayed
};

// `header` has a log GUID.  corrupt where the log holds no valid sequence of
// entries, where the file is shorter than it was when the last of them was
// written, or where one writes to where it can't; unsupported for another
// version of the log, or one larger than any that is made.
Result<Replay> read_log(const BlockDevice& file, const Header& header);

// Writes all of it.  The caller flushes.
Done write_replay(const Replay& replay, BlockDevice& file);

}  // namespace drydock::vhdx
