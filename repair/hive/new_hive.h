// A hive that nobody has written to yet.

#pragma once

#include <string_view>

#include "ntfs/file.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::hive {

// The file of a hive, version 1.3, with a root key of this name and nothing below it:
// SYSTEM and Administrators may do everything, others nothing.  bad_argument for a
// name that isn't some letters of ASCII.
Result<ByteVector> new_hive(std::string_view root_name, FileTime time);

}  // namespace drydock::hive
