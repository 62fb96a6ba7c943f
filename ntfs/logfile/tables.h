// What NTFS knew at a checkpoint, kept up to date while the log is read on:
// which attributes were open, which clusters on the disk may lag behind the log,
// and which transactions were unfinished.

#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

#include "ntfs/logfile/action.h"
#include "ntfs/logfile/log_reader.h"

namespace drydock::ntfs {

// An attribute that actions name by the offset of its entry.
struct OpenAttribute {
  std::uint64_t file = 0;  // its record's number
  std::uint32_t type = 0;
  std::uint32_t block_size = 0;  // of $INDEX_ALLOCATION; else 0

  // $MFT's data: the file records.
  bool is_mft() const;
};

// One that isn't forgotten yet.
struct Transaction {
  std::uint64_t undo_next_lsn = 0;
};

struct LogTables {
  std::map<std::uint16_t, OpenAttribute> open_attributes;
  // By LCN, the oldest LSN that may be missing from that cluster.  By LCN rather
  // than by attribute and VCN, since an entry may come to name another attribute.
  std::unordered_map<std::uint64_t, std::uint64_t> dirty_clusters;
  std::map<std::uint32_t, Transaction> transactions;

  // Takes in an OpenNonresidentAttribute; corrupt where its bytes are no entry.
  Done open_attribute(const Action& action);
};

// The tables that a checkpoint's record refers to.
struct CheckpointTables {
  std::uint64_t start_lsn = 0;  // the analysis goes on after it
  LogTables tables;
};

// Reads the checkpoint at `lsn`; unsupported for a version that we don't know.
Result<CheckpointTables> read_checkpoint(LogReader& log, std::uint64_t lsn);

}  // namespace drydock::ntfs
