// Windows' upper case, by which hives order and find their names.
//
// One letter to one letter, whatever the language: not what a locale would do.

#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace drydock::hive {

// The table of NTFS's $UpCase as mkntfs writes it.  The registry's own comes
// from l_intl.nls; that the two agree is seen for all names met so far, no more.
char16_t upcase(char16_t letter);
std::u16string upcase(std::u16string_view text);

std::weak_ordering compare_ignoring_case(std::u16string_view a, std::u16string_view b);

}  // namespace drydock::hive
