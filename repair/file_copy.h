// What a copy of a file takes along beside its bytes.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ntfs/file.h"

namespace drydock::repair {

// How a file is kept isn't copied.
inline constexpr std::uint32_t kCopiedAttributes =
    attribute::read_only | attribute::hidden | attribute::system | attribute::archive;

// The names of those of its streams that are copied.  The one in which WOF keeps the
// bytes goes with the way in which the file is kept.
std::vector<std::string> copied_streams(const Details& details);

}  // namespace drydock::repair
