// Windows' text (UTF-16, little-endian on disk) and ours (UTF-8).
//
// Windows lets unpaired surrogates stand in names.  They pass through as
// WTF-8 -- each as the three bytes that UTF-8 would give its number -- so that
// every name can be printed, and written back as it was.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vhd/base/bytes.h"

namespace drydock {

std::string to_utf8(std::u16string_view text);

// Nothing where `text` is neither UTF-8 nor WTF-8.
std::optional<std::u16string> to_utf16(std::string_view text);

// From and to the little-endian bytes of a disk.  An odd last byte is left
// out; no terminator is looked for, taken away or added.
std::u16string utf16le(Bytes bytes);
ByteVector utf16le_bytes(std::u16string_view text);
std::string utf8_from_utf16le(Bytes bytes);

// ASCII letters only, which is all that a comparison of Windows' own fixed
// names (aliases, keywords, well-known paths) needs.  File systems and hives
// compare their names by their own tables.
char ascii_lower(char c);
std::string ascii_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace drydock
