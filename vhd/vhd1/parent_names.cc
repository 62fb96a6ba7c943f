#include "vhd/vhd1/parent_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::vhd1 {

namespace {

Result<std::u16string> utf16_of(const std::string& path) {
  auto text = to_utf16(path);
  if (!text) return Error(Errc::bad_argument, "the parent's path isn't UTF-8");
  if (text->size() * 2 > kLocatorLengthMax) {
    return Error(Errc::bad_argument,
                 fmt::format("the parent's path has {} characters; up to {} can be",
                             text->size(), kLocatorLengthMax / 2));
  }
  return *text;
}

}  // namespace

Result<ParentNames> parent_names(const ParentLink& link) {
  std::u16string absolute = TRY(utf16_of(link.absolute_path));
  std::u16string relative = TRY(utf16_of(link.relative_path));
  ParentNames names;
  // Windows has the absolute path here too; where that is too long, its last part.
  std::u16string name = absolute.empty() ? relative : absolute;
  if (name.size() >= names.name.size()) {
    name = name.substr(name.find_last_of(u"\\/") + 1);
  }
  if (name.size() < names.name.size()) {
    std::ranges::copy(name, names.name.begin());
  }
  if (!absolute.empty()) {
    names.paths.push_back({{'W', '2', 'k', 'u'}, utf16le_bytes(absolute)});
  }
  if (!relative.empty()) {
    names.paths.push_back({{'W', '2', 'r', 'u'}, utf16le_bytes(relative)});
  }
  return names;
}

}  // namespace drydock::vhd1
