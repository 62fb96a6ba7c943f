#include "repair/hive/editor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "repair/hive/subkey_lists.h"
#include "repair/hive/upcase.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {

namespace {

// The registry's own limits, in UTF-16 units.
constexpr std::size_t kKeyNameLengthMax = 255;
constexpr std::size_t kValueNameLengthMax = 16383;
// Before 1.4 data lies in one cell, and Windows stops at 1 MiB.
constexpr std::size_t kOldDataSizeMax = 1 << 20;
constexpr std::uint32_t kBigDataMinor = 4;

struct StoredName {
  ByteVector bytes;
  bool latin1 = false;
};

StoredName store_name(std::u16string_view name) {
  StoredName stored;
  stored.latin1 = std::all_of(name.begin(), name.end(),
                              [](char16_t letter) { return letter < 0x100; });
  if (!stored.latin1) {
    stored.bytes = utf16le_bytes(name);
  } else {
    for (char16_t letter : name) stored.bytes.push_back(static_cast<std::byte>(letter));
  }
  return stored;
}

std::uint32_t utf16_size(std::u16string_view name) {
  return static_cast<std::uint32_t>(name.size() * sizeof(char16_t));
}

std::optional<SecurityNode> security_at(const Cells& cells, std::uint32_t offset) {
  auto cell = cells.at(offset);
  if (!cell) return std::nullopt;
  auto node = load<SecurityNode>(*cell);
  if (!node || node->signature != kSecuritySignature) return std::nullopt;
  return node;
}

}  // namespace

Result<std::optional<ValueCell>> find_value(const Cells& cells, const KeyCell& key,
                                            std::u16string_view name) {
  std::u16string wanted = upcase(name);
  for (std::uint32_t offset : TRY(cells.values(key))) {
    if (TRY(cells.value_has_name(offset, wanted))) {
      return std::optional(TRY(cells.value(offset)));
    }
  }
  return std::optional<ValueCell>();
}

// The parent's security, which one key more shares.
Result<std::uint32_t> Editor::share_security(std::uint32_t parent) {
  std::uint32_t offset = TRY(space_.cells().key(parent)).node.security;
  auto security = security_at(space_.cells(), offset);
  if (!security) {
    return Error(Errc::corrupt, "a key without security to share")
        .in(cell_name(parent));
  }
  security->reference_count = security->reference_count + 1;
  space_.put(offset, 0, *security);
  return offset;
}

Result<std::uint32_t> Editor::create_key(std::uint32_t parent,
                                         std::u16string_view name) {
  if (name.empty() || name.size() > kKeyNameLengthMax ||
      name.find(u'\\') != name.npos) {
    return Error(Errc::bad_argument,
                 fmt::format("a key can't be called \"{}\": 1 to {} letters, and no \\",
                             to_utf8(name), kKeyNameLengthMax));
  }
  StoredName stored = store_name(name);
  KeyNode node{};
  node.signature = kKeySignature;
  node.flags = stored.latin1 ? key_flag::latin1_name : 0;
  node.parent = parent;
  node.subkey_list = kNoCell;
  node.volatile_subkey_list = kNoCell;
  node.value_list = kNoCell;
  node.security = TRY(share_security(parent));
  node.class_name = kNoCell;
  node.name_size = static_cast<std::uint16_t>(stored.bytes.size());
  std::uint32_t key = TRY(space_.allocate(sizeof(node) + stored.bytes.size()));
  space_.put(key, 0, node);
  space_.put_bytes(key, sizeof(node), stored.bytes);

  TRY(add_to_lists(space_, parent, key));
  KeyNode above = TRY(space_.cells().key(parent)).node;
  above.subkey_name_size_max = std::max<std::uint16_t>(
      above.subkey_name_size_max, static_cast<std::uint16_t>(utf16_size(name)));
  space_.put(parent, 0, above);
  return key;
}

Done Editor::set_value(std::uint32_t key, const Value& value) {
  auto name = to_utf16(value.name);
  if (!name || name->size() > kValueNameLengthMax) {
    return Error(Errc::bad_argument,
                 fmt::format("a value's name is UTF-8, and of {} letters at most",
                             kValueNameLengthMax));
  }
  KeyCell cell = TRY(space_.cells().key(key));
  auto found = TRY(find_value(space_.cells(), cell, *name));
  ValueNode node{};
  std::uint32_t offset = kNoCell;
  if (found) {
    node = found->node;
    offset = found->offset;
  } else {
    StoredName stored = store_name(*name);
    node.signature = kValueSignature;
    node.name_size = static_cast<std::uint16_t>(stored.bytes.size());
    node.data_size = kDataIsInline;
    node.flags = stored.latin1 && !name->empty() ? value_flag::latin1_name : 0;
    offset = TRY(space_.allocate(sizeof(node) + stored.bytes.size()));
    space_.put_bytes(offset, sizeof(node), stored.bytes);
    TRY(add_to_values(cell.node, offset));
  }
  node.type = static_cast<std::uint32_t>(value.type);
  TRY(set_data(node, value.data));
  space_.put(offset, 0, node);
  cell.node.value_name_size_max =
      std::max<std::uint32_t>(cell.node.value_name_size_max, utf16_size(*name));
  cell.node.value_data_size_max = std::max<std::uint32_t>(
      cell.node.value_data_size_max, static_cast<std::uint32_t>(value.data.size()));
  space_.put(key, 0, cell.node);
  return {};
}

// Replaces a value's data: where they are if they fit, so that as little as can
// be changes.
Done Editor::set_data(ValueNode& node, Bytes data) {
  ValueCell old{.offset = kNoCell, .node = node, .name = {}};
  auto segments = TRY(space_.cells().segments(old));
  bool one_cell = segments.size() == 1 && segments.front().offset == node.data;
  bool is_inline = data.size() <= sizeof(node.data);
  if (one_cell && !is_inline && data.size() <= kSegmentSize &&
      data.size() <= TRY(space_.cells().at(node.data)).size()) {
    space_.put_bytes(node.data, 0, data);
    node.data_size = static_cast<std::uint32_t>(data.size());
    return {};
  }
  TRY(free_data(old));
  node.data_size = static_cast<std::uint32_t>(data.size());
  if (is_inline) {
    le32 field = 0;
    if (!data.empty()) std::memcpy(&field, data.data(), data.size());
    node.data = field;
    node.data_size = node.data_size | kDataIsInline;
  } else {
    node.data = TRY(lay_data(data));
  }
  return {};
}

// Adds to the key's list of values, in `node`, which the caller writes.
Done Editor::add_to_values(KeyNode& node, std::uint32_t value) {
  std::uint32_t count = node.value_count;
  std::size_t size = (std::size_t{count} + 1) * sizeof(le32);
  ByteVector list;
  std::uint32_t old = kNoCell;
  if (count != 0) {
    old = node.value_list;
    Bytes cell = TRY(space_.cells().at(old));
    if (size <= cell.size()) {
      space_.put(old, count * sizeof(le32), le32(value));
      node.value_count = count + 1;
      return {};
    }
    list.assign(cell.begin(), cell.begin() + static_cast<std::ptrdiff_t>(size) -
                                  static_cast<std::ptrdiff_t>(sizeof(le32)));
  }
  node.value_list = TRY(space_.allocate(size));
  space_.put_bytes(node.value_list, 0, list);
  space_.put(node.value_list, count * sizeof(le32), le32(value));
  space_.free(old);
  node.value_count = count + 1;
  return {};
}

Result<std::uint32_t> Editor::lay_data(Bytes data) {
  bool segments = space_.cells().minor() >= kBigDataMinor;
  if (data.size() > kSegmentSize && segments) return lay_big_data(data);
  if (data.size() > kSegmentSize && data.size() > kOldDataSizeMax) {
    return Error(
        Errc::unsupported,
        fmt::format("{} bytes of data in a hive of version 1.{}; the most is {}",
                    data.size(), space_.cells().minor(), kOldDataSizeMax));
  }
  std::uint32_t cell = TRY(space_.allocate(data.size()));
  space_.put_bytes(cell, 0, data);
  return cell;
}

Result<std::uint32_t> Editor::lay_big_data(Bytes data) {
  std::size_t count = checked::div_up(data.size(), kSegmentSize);
  if (count > 0xffff) {  // the count has 16 bits
    return Error(Errc::no_space, fmt::format("{} bytes of data", data.size()));
  }
  std::uint32_t head = TRY(space_.allocate(sizeof(BigData)));
  std::uint32_t list = TRY(space_.allocate(count * sizeof(le32)));
  space_.put(head, 0,
             BigData{.signature = kBigDataSignature,
                     .segment_count = static_cast<std::uint16_t>(count),
                     .segment_list = list});
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t size = std::min<std::size_t>(data.size(), kSegmentSize);
    // Windows leaves four bytes unused after each.
    std::uint32_t segment = TRY(space_.allocate(size + sizeof(le32)));
    space_.put_bytes(segment, 0, data.first(size));
    space_.put(list, i * sizeof(le32), le32(segment));
    data = data.subspan(size);
  }
  return head;
}

Done Editor::free_data(const ValueCell& value) {
  auto segments = TRY(space_.cells().segments(value));
  if (segments.empty()) return {};
  bool one_cell = segments.size() == 1 && segments.front().offset == value.node.data;
  if (!one_cell) {
    BigData head = *load<BigData>(TRY(space_.cells().at(value.node.data)));
    for (const auto& segment : segments) space_.free(segment.offset);
    space_.free(head.segment_list);
  }
  space_.free(value.node.data);
  return {};
}

Done Editor::remove_value(std::uint32_t key, std::u16string_view name) {
  KeyCell cell = TRY(space_.cells().key(key));
  auto value = TRY(find_value(space_.cells(), cell, name));
  if (!value) return Error(Errc::not_found, "there is no such value");
  auto values = TRY(space_.cells().values(cell));
  TRY(free_data(*value));
  space_.free(value->offset);
  std::erase(values, value->offset);
  for (std::size_t i = 0; i < values.size(); ++i) {
    space_.put(cell.node.value_list, i * sizeof(le32), le32(values[i]));
  }
  cell.node.value_count = static_cast<std::uint32_t>(values.size());
  if (values.empty()) {
    space_.free(cell.node.value_list);
    cell.node.value_list = kNoCell;
    cell.node.value_name_size_max = 0;
    cell.node.value_data_size_max = 0;
  }
  space_.put(key, 0, cell.node);
  return {};
}

Result<std::vector<std::uint32_t>> Editor::remove_key(std::uint32_t parent,
                                                      std::uint32_t key) {
  TRY(remove_from_lists(space_, parent, key));
  std::vector<std::uint32_t> gone{key};
  // No hive that was believed leads back to a key, so this ends.
  for (std::size_t i = 0; i < gone.size(); ++i) {
    auto subkeys = TRY(space_.cells().subkeys(TRY(space_.cells().key(gone[i]))));
    gone.insert(gone.end(), subkeys.begin(), subkeys.end());
    TRY(free_key(gone[i]));
  }
  return gone;
}

// All cells of one key but those of its subkeys.
Done Editor::free_key(std::uint32_t key) {
  KeyCell cell = TRY(space_.cells().key(key));
  for (std::uint32_t offset : TRY(space_.cells().values(cell))) {
    TRY(free_data(TRY(space_.cells().value(offset))));
    space_.free(offset);
  }
  if (cell.node.value_count != 0) space_.free(cell.node.value_list);
  if (cell.node.class_size != 0) space_.free(cell.node.class_name);
  if (cell.node.subkey_count != 0) {
    SubkeyList list = TRY(space_.cells().subkey_list(cell.node.subkey_list));
    for (std::size_t i = 0; list.is_index_root() && i < list.count; ++i) {
      space_.free(list.offset(i));
    }
    space_.free(cell.node.subkey_list);
  }
  release_security(cell.node.security);
  space_.free(key);
  return {};
}

// A descriptor that no key shares any more leaves the ring.  What isn't in a
// whole ring stays, unused.
void Editor::release_security(std::uint32_t security) {
  auto node = security_at(space_.cells(), security);
  if (!node || node->reference_count == 0) return;
  node->reference_count = node->reference_count - 1;
  space_.put(security, 0, *node);
  if (node->reference_count != 0 || node->next == security) return;
  auto next = security_at(space_.cells(), node->next);
  auto previous = security_at(space_.cells(), node->previous);
  if (!next || !previous || next->previous != security || previous->next != security) {
    return;
  }
  space_.put(node->next, offsetof(SecurityNode, previous), node->previous);
  space_.put(node->previous, offsetof(SecurityNode, next), node->next);
  space_.free(security);
}

}  // namespace drydock::hive
