// A hive brought up to date from its transaction logs, in memory, as Windows
// does it when it loads one.
//
// Windows writes what changed into a log first and into the hive later, so a
// hive of a crashed or running machine lacks what its logs hold.  Such a hive
// is dirty: its sequence numbers differ, or its header's checksum is wrong.
// The logs of a hive that isn't dirty are never applied, whatever is in them.
//
// It ends on any bytes, in words.  Where Windows' own result can't be told,
// nothing is applied: a hive is recovered or stays as it lies.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/hive/log.h"

namespace drydock::hive {

enum class RecoveryState : std::uint8_t {
  clean,      // it needs no log
  recovered,  // its logs were applied
  unlogged,   // dirty, but there is nothing in any log: Windows takes it as it lies
  not_recoverable,  // dirty, and what Windows would see can't be told
};
std::string_view to_string(RecoveryState state);

// A log that was applied, or a part of it.
struct AppliedLog {
  std::string name;  // "SYSTEM.LOG1"
  LogFormat format = LogFormat::entries;
  std::uint32_t first_sequence = 0;  // of the entries applied; the header's where
  std::uint32_t last_sequence = 0;   // the format has no entries
  std::uint32_t entry_count = 0;     // 1 of the old format
  std::uint64_t page_count = 0;
  std::string end;  // why nothing further was: "the log ends"
};

struct RecoveryReport {
  RecoveryState state = RecoveryState::clean;
  // Why it is dirty, "" where it isn't, and why it can't be recovered.
  std::string why_dirty;
  std::string reason;
  std::vector<AppliedLog> applied;  // in order
  // Logs that weren't used, each with the reason: "SYSTEM.LOG2: ...".
  std::vector<std::string> unused;
  bool base_block_replaced = false;   // by a log's copy
  std::uint32_t dummy_bin_count = 0;  // bins that came without a header
  std::uint32_t sequence = 0;         // both sequence numbers of the result

  std::uint64_t entry_count() const;
  std::uint64_t page_count() const;
};

// The reason why it is dirty, and what came of it: one line for a person, "" for a
// clean hive.
std::string describe(const RecoveryReport& report);
// "replayed 4 entries (4 pages) from SYSTEM.LOG1 and SYSTEM.LOG2", of a recovered
// hive.
std::string describe_replay(const RecoveryReport& report);

struct Recovery {
  RecoveryReport report;
  // The hive recovered, or as it lay.
  ByteVector file;
};

// `logs` are all that lie beside the hive: .LOG, .LOG1 and .LOG2, in any order.
// A recovered hive has passed believe().  Its sequence numbers are equal and one
// above that of the last entry, as Windows 10 leaves them.
Recovery recover(ByteVector file, const std::vector<LogFile>& logs);

// Reads the logs beside a hive.  Asked only where the hive is dirty.
using LogSource = std::function<Result<std::vector<LogFile>>()>;

}  // namespace drydock::hive
