// The first pass: from the newest checkpoint to the log's end, learning what may
// be missing from the volume and what was never finished.  Nothing is written.

#pragma once

#include <cstdint>

#include "ntfs/logfile/tables.h"

namespace drydock::ntfs {

struct Analysis {
  // Where records begin that may be missing; 0: nothing can be.
  std::uint64_t redo_lsn = 0;
  // After it `tables` was brought up to date from the records themselves.
  std::uint64_t checkpoint_lsn = 0;
  std::uint64_t last_lsn = 0;
  LogTables tables;         // as of the end
  LogTables at_checkpoint;  // its open attributes alone
};

// `current_lsn` is the newest that the restart page knows of: corrupt where the
// log ends before it.  unsupported names an operation that isn't enabled.
Result<Analysis> analyse(LogReader& log, std::uint64_t checkpoint_lsn,
                         std::uint64_t current_lsn);

}  // namespace drydock::ntfs
