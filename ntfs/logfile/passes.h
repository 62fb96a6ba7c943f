// The second and third pass: redo brings the volume to where the log ends, undo
// takes back what never came to an end.

#pragma once

#include <cstdint>
#include <map>

#include "ntfs/logfile/analysis.h"
#include "ntfs/ntfs/boot_sector.h"
#include "vhd/block_device.h"

namespace drydock::ntfs {

// What the passes met and made.
struct Tally {
  std::uint64_t record_count = 0;
  std::uint64_t redone_count = 0;
  std::uint64_t undone_count = 0;
  std::uint64_t transaction_count = 0;
  std::map<std::uint16_t, std::uint64_t> operations;  // count by code
};

// Makes each change again that isn't in its place: those of clusters that may lag
// behind, unless the record or block itself says that it is newer.
Done redo(BlockDevice& volume, const BootSector& boot, LogReader& log,
          const Analysis& analysis, Tally& tally);

// Takes back what each unfinished transaction of `tables` did, newest first.
Done undo(BlockDevice& volume, const BootSector& boot, LogReader& log,
          const LogTables& tables, Tally& tally);

// Makes one half of an action, whatever the tables say of its clusters.  False
// where it is in its place already, or none of it has a place any more.
Result<bool> redo_action(BlockDevice& volume, const BootSector& boot,
                         const LogTables& tables, const Action& action);
Result<bool> undo_action(BlockDevice& volume, const BootSector& boot,
                         const LogTables& tables, const Action& action);

}  // namespace drydock::ntfs
