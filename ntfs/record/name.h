// $FILE_NAME, as a file's record holds it and its directory's index repeats it.

#pragma once

#include <cstdint>
#include <string>

#include "ntfs/record/reference.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::ntfs {

inline constexpr std::uint8_t kDosName = 2;  // the 8.3 alias of another name

struct RecordName {
  Reference directory;
  std::u16string name;
  std::uint8_t space = 0;  // 0 POSIX, 1 Win32, 2 DOS, 3 both
};

// corrupt where the name isn't wholly within `value`, or is empty.
Result<RecordName> decode_name(Bytes value);

}  // namespace drydock::ntfs
