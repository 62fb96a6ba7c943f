// What a hive's log files remember: SYSTEM.LOG1, SYSTEM.LOG2, BCD.LOG.
//
// A log entry is good for replaying onto a hive whose sequence number it
// continues.  A hive that is edited from outside must therefore end up with a
// greater number than any that its logs still hold, or Windows could one day
// put old pages over the edit.

#pragma once

#include <cstdint>
#include <string_view>

#include "ntfs/file_system.h"

namespace drydock::repair {

// The greatest sequence number in the logs beside the hive at `path`: in the
// copies of its header and in the entries, valid or not.  0 where there are no
// logs or nothing is in them.  Fails as reading does.
Result<std::uint32_t> greatest_log_sequence(const FileSystem& volume,
                                            std::string_view path);

}  // namespace drydock::repair
