#include "vhd/vhdx/parent_locator.h"

#include <fmt/format.h>

#include <limits>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/vhdx/format.h"

namespace drydock::vhdx {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// As the paper's own example has them: the GUIDs in braces.  [MS-VHDX] 2.6.2.6.3
Result<Pairs> pairs_of(const ParentLink& link) {
  if (link.relative_path.empty() && link.absolute_path.empty()) {
    return Error(Errc::bad_argument, "a child needs a path to its parent");
  }
  Pairs pairs = {{"parent_linkage", to_string(link.link_id)}};
  if (link.link_id2) pairs.emplace_back("parent_linkage2", to_string(*link.link_id2));
  if (!link.relative_path.empty()) {
    pairs.emplace_back("relative_path", link.relative_path);
  }
  if (!link.absolute_path.empty()) {
    pairs.emplace_back("absolute_win32_path", link.absolute_path);
  }
  return pairs;
}

Result<ByteVector> text_bytes(const std::string& text) {
  auto wide = to_utf16(text);
  if (!wide) return Error(Errc::bad_argument, "the parent's path isn't UTF-8");
  ByteVector bytes = utf16le_bytes(*wide);
  if (bytes.size() > std::numeric_limits<std::uint16_t>::max()) {
    return Error(Errc::bad_argument,
                 fmt::format("the parent's path is {} bytes long; {} is the most",
                             bytes.size(), std::numeric_limits<std::uint16_t>::max()));
  }
  return bytes;
}

}  // namespace

Result<ByteVector> make_parent_locator(const ParentLink& link) {
  Pairs pairs = TRY(pairs_of(link));
  ByteVector item(sizeof(ParentLocatorHeader) +
                  pairs.size() * sizeof(ParentLocatorEntry));
  ParentLocatorHeader header{.type = kVhdxLocatorType, .reserved = 0, .key_count = 0};
  header.key_count = static_cast<std::uint16_t>(pairs.size());
  static_cast<void>(store(item, 0, header));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    ByteVector key = TRY(text_bytes(pairs[i].first));
    ByteVector value = TRY(text_bytes(pairs[i].second));
    ParentLocatorEntry entry;
    entry.key_offset = static_cast<std::uint32_t>(item.size());
    entry.key_length = static_cast<std::uint16_t>(key.size());
    item.insert(item.end(), key.begin(), key.end());
    entry.value_offset = static_cast<std::uint32_t>(item.size());
    entry.value_length = static_cast<std::uint16_t>(value.size());
    item.insert(item.end(), value.begin(), value.end());
    static_cast<void>(store(
        item, sizeof(ParentLocatorHeader) + i * sizeof(ParentLocatorEntry), entry));
  }
  return item;
}

}  // namespace drydock::vhdx
