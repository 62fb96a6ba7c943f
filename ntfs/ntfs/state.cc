#include "ntfs/ntfs/state.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/logfile/restart.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

LogState log_state(Bytes start) {
  if (is_unused_log(start)) return {.kind = LogState::Kind::empty};
  auto found = read_restart(start);
  if (!found) return {.kind = LogState::Kind::unreadable};
  LogState state{.kind = LogState::Kind::in_use,
                 .major_version = found->major_version,
                 .minor_version = found->minor_version,
                 .chkdsk_wrote = found->chkdsk_wrote};
  if (!found->clean()) return state;
  // Windows 8 and later turn a log to 2.0 when they mount, and back to 1.1 when
  // they dismount for good.  One that is closed and still 2.0 has its caches
  // kept for a fast start, or was told not to turn back: which of them can't be
  // seen from here.
  state.kind = state.major_version >= 2 ? LogState::Kind::kept : LogState::Kind::clean;
  return state;
}

std::string describe(const LogState& log) {
  std::string_view how;
  switch (log.kind) {
    case LogState::Kind::empty:
      return "never used";
    case LogState::Kind::unreadable:
      return "unreadable";
    case LogState::Kind::clean:
      how = "closed";
      break;
    case LogState::Kind::kept:
      how = "closed for a fast start";
      break;
    case LogState::Kind::in_use:
      how = "in use";
      break;
  }
  return fmt::format("{}.{}, {}{}", log.major_version, log.minor_version, how,
                     log.chkdsk_wrote ? " by chkdsk" : "");
}

bool is_hibernated(Bytes start) {
  // "hibr": Windows 7 and before wrote it small.  Once resumed it is "wake" or
  // zeros, and of no account.
  return start.size() >= 4 && equal_ignoring_case(as_text(start.first(4)), "hibr");
}

void add_log_state(VolumeCondition& condition, const LogState& log) {
  condition.log = describe(log);
  switch (log.kind) {
    case LogState::Kind::empty:
    case LogState::Kind::clean:
      return;
    case LogState::Kind::kept:
      condition.add(
          VolumeState::hibernated,
          fmt::format("its log, of version {}.{}, was closed for a fast start of "
                      "Windows, which may hold a copy of what the volume says",
                      log.major_version, log.minor_version));
      return;
    case LogState::Kind::in_use:
      condition.add(
          VolumeState::log_unfinished,
          fmt::format("its $LogFile, of version {}.{}, was in use: it may hold "
                      "changes that are not in the volume yet",
                      log.major_version, log.minor_version));
      return;
    case LogState::Kind::unreadable:
      condition.add(VolumeState::log_unfinished,
                    "neither restart page of its $LogFile can be believed");
      return;
  }
}

}  // namespace drydock::ntfs
