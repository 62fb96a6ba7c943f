// Replay of $LogFile, as Windows does it when it mounts a volume.
//
// NTFS writes what it is about to do to its log first, and to its place later.  A
// volume that was in use when its disk stopped has some of it only in the log, and
// some of what was never finished in its place.  Replay makes the first again
// (redo) and takes the second back (undo).

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vhd/block_device.h"

namespace drydock::ntfs {

// One kind of operation that a replay made.
struct LogOperation {
  std::uint16_t code = 0;
  std::string name;  // as Linux and ntfs-3g call it
  std::uint64_t count = 0;
};

struct LogReport {
  std::uint16_t major_version = 0;  // 0.0: the log was never used
  std::uint16_t minor_version = 0;
  std::uint64_t record_count = 0;  // looked at: from the oldest that may be missing
  std::uint64_t redone_count = 0;  // made again, since it wasn't in its place yet
  std::uint64_t undone_count = 0;  // taken back
  std::uint64_t transaction_count = 0;   // unfinished ones, taken back
  std::vector<LogOperation> operations;  // made, either way, by code
};

// Applies what the $LogFile of the NTFS volume in `volume` holds, and makes
// $MFTMirr equal to $MFT again.  The log itself is left as it is.  A log that is
// clean, or was never used: the version and zeros, and nothing written.
//
// Writes as it goes: give it an Overlay, and drop that on an Error.  unsupported
// names the operation or version that we don't replay; corrupt says what can't be
// believed; not_found where this isn't NTFS.
Result<LogReport> replay_log(BlockDevice& volume);

// Leaves the log as a dismount in order does: two restart pages of version 1.1
// that nobody has open.  Nothing but these two pages is written, and what the log
// held is never replayed again.  Nothing is done to a log that was never used.
Done close_log(BlockDevice& volume);

}  // namespace drydock::ntfs
