// The log of a volume: its file, and how that was left.

#pragma once

#include <optional>

#include "ntfs/logfile/restart.h"
#include "ntfs/logfile/system_file.h"

namespace drydock::ntfs {

struct LogOfVolume {
  BootSector boot;
  SystemFile file;
  bool unused = false;             // it holds nothing but 0xff
  std::optional<Restart> restart;  // nothing: neither page can be believed
};

// As replay_log() fails.  `volume` is borrowed.
Result<LogOfVolume> find_log(BlockDevice& volume);

}  // namespace drydock::ntfs
