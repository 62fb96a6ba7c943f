// Which known word was likely meant by one that isn't known.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drydock::repair {

// The nearest of `known`, where few letters are missing, added, other ones, or changed
// about; "" where none is near.  All in lower case.
std::string likely_word(std::string_view word,
                        const std::vector<std::string_view>& known);

}  // namespace drydock::repair
