// The restart pages at the start of $LogFile: how the log is laid out, how it
// was left, and where its newest checkpoint is.

#pragma once

#include <cstdint>
#include <optional>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::ntfs {

// As much of a log as read_restart() looks at: two pages of the largest size
// that Windows has had, on Itanium.
inline constexpr std::uint64_t kLogStartSize = 2 * 8192;

// The page that is in force.
struct Restart {
  std::uint16_t major_version = 0;
  std::uint16_t minor_version = 0;
  bool in_use = false;        // somebody has the log open
  bool closed = false;        // and yet it says that it was dismounted in order
  bool chkdsk_wrote = false;  // "CHKD"
  std::uint32_t page_size = 0;
  std::uint32_t log_page_size = 0;
  std::uint64_t current_lsn = 0;
  std::uint32_t sequence_bits = 0;
  std::uint64_t log_size = 0;
  std::uint16_t record_header_size = 0;
  std::uint16_t data_offset = 0;
  std::uint32_t open_count = 0;
  std::uint64_t checkpoint_lsn = 0;  // of the client; 0 where it has none

  // Nothing in the log waits to be applied.
  bool clean() const { return !in_use || closed || chkdsk_wrote; }
};

// Of two pages that can be believed, the later; nothing where neither can.
// `start` is the first kLogStartSize bytes, or the whole of a shorter log.
std::optional<Restart> read_restart(Bytes start);

// The pages of a log were never written: format, or a reset, left 0xff.
bool is_unused_log(Bytes start);

// Bits of an LSN that count how often the log came round, for a log of `size`.
std::uint32_t sequence_bits_for(std::uint64_t size);

// A page that says: dismounted in order, version 1.1, nobody has it open.  What
// Windows writes next will have LSNs above `last_lsn`.
ByteVector clean_restart_page(std::uint64_t log_size, std::uint64_t last_lsn,
                              std::uint32_t open_count);

}  // namespace drydock::ntfs
