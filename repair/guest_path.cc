#include "repair/guest_path.h"

#include <algorithm>

#include "vhd/base/utf16.h"

namespace drydock::repair {

Result<GuestPathText> parse_guest_path(std::string_view text) {
  std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return Error(Errc::bad_argument,
                 "a guest path starts with its volume: C:\\..., esp:\\... or 3:\\...");
  }
  GuestPathText parts{.volume = ascii_lower(text.substr(0, colon)),
                      .path = std::string(text.substr(colon + 1))};
  std::replace(parts.path.begin(), parts.path.end(), '/', '\\');
  if (!parts.path.starts_with('\\')) parts.path.insert(0, 1, '\\');
  return parts;
}

}  // namespace drydock::repair
