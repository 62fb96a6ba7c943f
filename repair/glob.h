// What `find` asks names and times with.

#pragma once

#include <string_view>

#include "ntfs/file.h"
#include "vhd/base/result.h"

namespace drydock::repair {

// '*' is any letters, '?' one byte of them; everything else is itself.
bool matches_glob(std::string_view pattern, std::string_view name);

// "2024-01-31", "2024-01-31T12:30:00", with or without a Z: UTC.
Result<FileTime> parse_time(std::string_view text);

}  // namespace drydock::repair
