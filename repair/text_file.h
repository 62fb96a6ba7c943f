// Windows' text files as UTF-8.

#pragma once

#include <string>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::repair {

// UTF-16 with a mark or without, UTF-8, or else Windows-1252: what code page an old
// file was written in, nothing in it says.  bad_argument for UTF-16 with the greater
// byte first.
Result<std::string> decode_text_file(Bytes file);

std::u16string decode_windows_1252(Bytes bytes);

}  // namespace drydock::repair
