// The log files beside a hive on a volume: SYSTEM.LOG, SYSTEM.LOG1, SYSTEM.LOG2,
// BCD.LOG.
//
// A log entry is good for replaying onto a hive whose sequence number it
// continues.  A hive that is edited from outside must therefore end up with a
// greater number than any that its logs still hold, or Windows could one day
// put old pages over the edit.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ntfs/file_system.h"
#include "repair/disk.h"
#include "repair/hive/hive.h"

namespace drydock::repair {

// What stands behind a hive's name in those of its logs.
inline constexpr std::string_view kLogSuffixes[] = {".LOG", ".LOG1", ".LOG2"};

// The logs of the hive at `path` that are there, empty ones too.  Fails as
// reading does, and as corrupt where one is larger than any.
Result<std::vector<hive::LogFile>> read_hive_logs(const FileSystem& volume,
                                                  std::string_view path);

// The hive of a file on `volume`, recovered from the logs beside it, which are
// read only if it is dirty.
Result<hive::Hive> open_hive(const FileSystem& volume, std::string_view path);
// The same, the file's place in its errors.
Result<hive::Hive> open_hive(const Disk& disk, const GuestPath& path);

// The greatest sequence number in the logs beside the hive at `path`: see
// hive::greatest_sequence().  0 where there are no logs.
Result<std::uint32_t> greatest_log_sequence(const FileSystem& volume,
                                            std::string_view path);

}  // namespace drydock::repair
