// An NTFS volume whose $LogFile is in use, as after a crash.  Nothing of it comes
// from the code that replays logs: the layout is written out here once more.
//
// The log, of version 1.1 or 2.0, begins with a checkpoint and holds two
// transactions.  One is finished, and what it did isn't in its place; the other
// isn't, and is.  Its last page is where a crash leaves it: among the tail pages,
// or the fast ones.

#pragma once

#include <cstdint>
#include <optional>

#include "vhd/block_device.h"

namespace drydock::images {

struct UnfinishedLog {
  std::uint16_t major_version = 2;  // or 1, which is 1.1
  // Two files whose data is in their records, in $MFT's first run.  Replay fills
  // the data of the first with `finished`; until then that of the second is filled
  // with `unfinished`, and replay brings back what it was.
  std::uint64_t finished_record = 0;
  std::uint64_t unfinished_record = 0;
  std::byte finished{'F'};
  std::byte unfinished{'U'};
  // One more action of the first transaction, which no replay need know.
  std::optional<std::uint16_t> operation = std::nullopt;
};

// `volume` is as mkntfs made it, but for files: its $LogFile never used, and in one
// piece.  bad_argument where it, or a file, isn't so.
Done lay_unfinished_log(BlockDevice& volume, const UnfinishedLog& log);

// A log of version 2.0 that was closed in order, as Windows leaves it when it keeps
// what it knows of the volume for a fast start.
Done lay_fast_start_log(BlockDevice& volume);

}  // namespace drydock::images
