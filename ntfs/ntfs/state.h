// How a volume was left: clean, or in which ways not.
//
// This is our own reading, independent of what libntfs-3g would mount: it
// ignores the dirty flag, for one.  A volume is clean when it isn't marked
// dirty, nothing in $LogFile waits to be applied, and no hibernated Windows
// believes that it knows what the volume holds.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ntfs/file_system.h"
#include "ntfs/logfile/restart.h"
#include "vhd/base/bytes.h"

namespace drydock::ntfs {

// What the two restart pages at the start of $LogFile say.
struct LogState {
  enum class Kind : std::uint8_t {
    empty,      // all 0xff: formatted, or reset, and not mounted since
    clean,      // dismounted in order
    kept,       // dismounted, but with a copy of metadata kept: a fast start
    in_use,     // mounted when this was taken
    unreadable  // no page of the two can be believed
  };
  Kind kind = Kind::unreadable;
  std::uint16_t major_version = 0;
  std::uint16_t minor_version = 0;
  bool chkdsk_wrote = false;  // the page in force is chkdsk's
};

// "2.0, in use", "1.1, closed", "never used".
std::string describe(const LogState& log);

// `start` is the first kLogStartSize bytes, or the whole of a shorter log.
LogState log_state(Bytes start);

// Whether `start`, the first bytes of hiberfil.sys, belong to a Windows that is
// to be resumed.
bool is_hibernated(Bytes start);

// Adds what `log` has to say.
void add_log_state(VolumeCondition& condition, const LogState& log);

// busy, with every reason.
Error not_clean(const VolumeCondition& condition);

}  // namespace drydock::ntfs
