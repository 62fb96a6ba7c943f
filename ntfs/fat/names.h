// Names on FAT: the short one (8.3, in an OEM code page) that every file has,
// and the long one (UTF-16) that most have.
//
// Case is folded for Latin, Greek and Cyrillic letters, as Windows' own table
// does for them; other scripts that have case are matched as they are written.

#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ntfs/fat/format.h"
#include "vhd/base/result.h"

namespace drydock::fat {

// "BOOTMGFWEFI": 8 and 3 letters, padded with spaces, without the dot.
using ShortName = std::array<std::uint8_t, 11>;

bool same_name(std::u16string_view a, std::u16string_view b);

// bad_argument where Windows allows no file of that name.
Done check_name(std::u16string_view name);

// UTF-16 of a short name, its letters lowered where `case_flags` says so.
// What a path can't hold, such as "/", becomes "_".
std::u16string decode(const ShortName& name, std::uint8_t case_flags);

// Whether `name` can be believed as a long name: not empty, and nothing in it
// that would cut a path.
bool is_usable(std::u16string_view name);

// Of the short name, as the slots of its long name repeat it.  Page 29.
std::uint8_t checksum(const ShortName& name);

// The short name that `name` is but for case, if it is one.
std::optional<ShortName> short_form(std::u16string_view name);

// The short name that says `name` wholly, so that it needs no long one.
std::optional<ShortName> plain_short_name(std::u16string_view name);

// A short name to go with the long `name`: "LONGNA~1.TXT", with the first
// number for which `is_taken` is false.  no_space where there's none.
Result<ShortName> make_alias(std::u16string_view name,
                             const std::function<bool(const ShortName&)>& is_taken);

// An 11-byte volume label, without the padding.
std::string decode_label(const ShortName& label);

}  // namespace drydock::fat
