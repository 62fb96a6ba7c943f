// Times as FAT keeps them: from 1980 to 2107, in steps of two seconds, on the
// clock of the place.  A volume doesn't say which place that was: what it says
// is taken as UTC, here and back.

#pragma once

#include <cstdint>

#include "ntfs/file.h"

namespace drydock::fat {

struct Stamp {
  std::uint16_t date = 0;   // year - 1980 (7 bits), month (4), day (5)
  std::uint16_t time = 0;   // hours (5 bits), minutes (6), seconds / 2 (5)
  std::uint8_t tenths = 0;  // of 10 ms each: 0 to 199
};

// 0 for a date or a time that isn't one.
FileTime to_file_time(const Stamp& stamp);

// The nearest that FAT can say, not later than `time` where that is possible.
Stamp to_stamp(FileTime time);

}  // namespace drydock::fat
