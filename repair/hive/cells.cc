#include "repair/hive/cells.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/hive/upcase.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {

namespace {

Error corrupt_cell(std::uint32_t offset, std::string words) {
  return Error(Errc::corrupt, std::move(words)).in(cell_name(offset));
}

// Names are Latin-1 where every letter allows it, to save space.
std::u16string decode_name(Bytes bytes, bool latin1) {
  if (!latin1) return utf16le(bytes);
  std::u16string name(bytes.size(), u'\0');
  std::transform(bytes.begin(), bytes.end(), name.begin(), [](std::byte b) {
    return static_cast<char16_t>(std::to_integer<unsigned char>(b));
  });
  return name;
}

// Whether a stored name is `name`, which is in upper case.
bool is_name(Bytes stored, bool latin1, std::u16string_view name) {
  std::size_t unit = latin1 ? 1 : sizeof(char16_t);
  if (stored.size() / unit != name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    char16_t letter = latin1 ? std::to_integer<unsigned char>(stored[i])
                             : char16_t{*load<le16>(stored, i * unit)};
    if (upcase(letter) != name[i]) return false;
  }
  return true;
}

// `count` offsets, one after the other.
std::vector<std::uint32_t> decode_offsets(Bytes bytes, std::size_t count) {
  std::vector<std::uint32_t> offsets(count);
  for (std::size_t i = 0; i < count; ++i) {
    offsets[i] = load<le32>(bytes, i * sizeof(le32)).value_or(kNoCell);
  }
  return offsets;
}

std::uint32_t get_u32(Bytes bytes, std::size_t offset) {
  return load<le32>(bytes, offset).value_or(kNoCell);
}

}  // namespace

std::uint32_t SubkeyList::offset(std::size_t index) const {
  return get_u32(elements,
                 index * (has_hints() ? sizeof(HintedElement) : sizeof(le32)));
}

std::uint32_t SubkeyList::hint(std::size_t index) const {
  return get_u32(elements,
                 index * sizeof(HintedElement) + offsetof(HintedElement, hint));
}

Cells::Cells(Bytes file) {
  auto base = load<BaseBlock>(file);
  if (!base || file.size() <= kBaseBlockSize) return;
  bins_ = file.subspan(kBaseBlockSize);
  bins_ = bins_.first(std::min<std::size_t>(bins_.size(), base->bins_size));
  root_ = base->root;
  minor_ = base->minor;
}

Result<Bytes> Cells::at(std::uint32_t offset) const {
  auto raw = load<le32>(bins_, offset);
  if (offset % kCellUnit != 0 || !raw) {
    return corrupt_cell(
        offset, fmt::format("no cell can lie there: bins end at 0x{:x}", bins_.size()));
  }
  if ((*raw & 0x80000000) == 0) return corrupt_cell(offset, "it is named, but free");
  std::uint32_t size = 0 - *raw;
  if (size % kCellUnit != 0 || size > bins_.size() - offset) {
    return corrupt_cell(offset,
                        fmt::format("a cell of {} bytes can't lie there", size));
  }
  return bins_.subspan(offset + sizeof(le32), size - sizeof(le32));
}

Result<KeyCell> Cells::key(std::uint32_t offset) const {
  Bytes cell = TRY(at(offset));
  auto node = load<KeyNode>(cell);
  if (!node || node->signature != kKeySignature) {
    return corrupt_cell(offset, "it isn't a key (nk)");
  }
  Bytes rest = cell.subspan(sizeof(KeyNode));
  if (node->name_size > rest.size()) {
    return corrupt_cell(offset,
                        fmt::format("a name of {} bytes is longer than the cell",
                                    unsigned{node->name_size}));
  }
  bool latin1 = (node->flags & key_flag::latin1_name) != 0;
  return KeyCell{.offset = offset,
                 .node = *node,
                 .name = decode_name(rest.first(node->name_size), latin1)};
}

Result<ValueCell> Cells::value(std::uint32_t offset) const {
  Bytes cell = TRY(at(offset));
  auto node = load<ValueNode>(cell);
  if (!node || node->signature != kValueSignature) {
    return corrupt_cell(offset, "it isn't a value (vk)");
  }
  Bytes rest = cell.subspan(sizeof(ValueNode));
  if (node->name_size > rest.size()) {
    return corrupt_cell(offset,
                        fmt::format("a name of {} bytes is longer than the cell",
                                    unsigned{node->name_size}));
  }
  bool latin1 = (node->flags & value_flag::latin1_name) != 0;
  return ValueCell{.offset = offset,
                   .node = *node,
                   .name = decode_name(rest.first(node->name_size), latin1)};
}

Result<bool> Cells::key_has_name(std::uint32_t offset, std::u16string_view name) const {
  Bytes cell = TRY(at(offset));
  auto node = load<KeyNode>(cell);
  if (!node || node->signature != kKeySignature ||
      node->name_size > cell.size() - sizeof(KeyNode)) {
    return key(offset).error();
  }
  bool latin1 = (node->flags & key_flag::latin1_name) != 0;
  return is_name(cell.subspan(sizeof(KeyNode), node->name_size), latin1, name);
}

Result<bool> Cells::value_has_name(std::uint32_t offset,
                                   std::u16string_view name) const {
  Bytes cell = TRY(at(offset));
  auto node = load<ValueNode>(cell);
  if (!node || node->signature != kValueSignature ||
      node->name_size > cell.size() - sizeof(ValueNode)) {
    return value(offset).error();
  }
  bool latin1 = (node->flags & value_flag::latin1_name) != 0;
  return is_name(cell.subspan(sizeof(ValueNode), node->name_size), latin1, name);
}

Result<SubkeyList> Cells::subkey_list(std::uint32_t offset) const {
  Bytes cell = TRY(at(offset));
  auto header = load<ListHeader>(cell);
  SubkeyList list;
  if (header) list.signature = header->signature;
  if (!list.has_hints() && !list.is_index_root() &&
      list.signature != kIndexLeafSignature) {
    return corrupt_cell(offset, "it isn't a list of subkeys (lf, lh, li, ri)");
  }
  list.count = header->count;
  list.elements = cell.subspan(sizeof(ListHeader));
  std::size_t element_size = list.has_hints() ? sizeof(HintedElement) : sizeof(le32);
  if (list.count > list.elements.size() / element_size) {
    return corrupt_cell(
        offset, fmt::format("a list of {} is longer than its cell of {}", list.count,
                            cell.size()));
  }
  return list;
}

Result<std::optional<std::uint32_t>> Cells::find_in_list(const SubkeyList& list,
                                                         std::u16string_view name,
                                                         Hashes hashes) const {
  bool by_hash = hashes == Hashes::right && list.signature == kHashLeafSignature;
  std::uint32_t hash = by_hash ? name_hash(name) : 0;
  for (std::size_t i = 0; i < list.count; ++i) {
    if (by_hash && list.hint(i) != hash) continue;
    std::uint32_t key = list.offset(i);
    if (TRY(key_has_name(key, name))) return std::optional(key);
  }
  return std::optional<std::uint32_t>();
}

Result<std::optional<std::uint32_t>> Cells::find_subkey(const KeyCell& key,
                                                        std::u16string_view name,
                                                        Hashes hashes) const {
  if (key.node.subkey_count == 0) return std::optional<std::uint32_t>();
  SubkeyList list = TRY(subkey_list(key.node.subkey_list).in(cell_name(key.offset)));
  if (!list.is_index_root()) return find_in_list(list, name, hashes);
  for (std::size_t i = 0; i < list.count; ++i) {
    SubkeyList leaf = TRY(subkey_list(list.offset(i)).in(cell_name(key.offset)));
    if (auto found = TRY(find_in_list(leaf, name, hashes))) return found;
  }
  return std::optional<std::uint32_t>();
}

Result<std::vector<std::uint32_t>> Cells::subkeys(const KeyCell& key) const {
  std::vector<std::uint32_t> keys;
  std::uint32_t count = key.node.subkey_count;
  if (count == 0) return keys;
  auto take = [&](const SubkeyList& leaf) {
    for (std::size_t i = 0; i < leaf.count; ++i) keys.push_back(leaf.offset(i));
  };
  SubkeyList list = TRY(subkey_list(key.node.subkey_list).in(cell_name(key.offset)));
  if (!list.is_index_root()) {
    take(list);
  } else {
    // Stopping once there are too many keeps a list that names one leaf often
    // from growing beyond what the key claims.
    for (std::size_t i = 0; i < list.count && keys.size() <= count; ++i) {
      SubkeyList leaf = TRY(subkey_list(list.offset(i)).in(cell_name(key.offset)));
      if (leaf.is_index_root()) {
        return corrupt_cell(list.offset(i), "a list of lists (ri) within another");
      }
      take(leaf);
    }
  }
  if (keys.size() != count) {
    return corrupt_cell(
        key.offset,
        fmt::format("the key counts {} subkeys, its lists {}", count, keys.size()));
  }
  return keys;
}

Result<std::vector<std::uint32_t>> Cells::values(const KeyCell& key) const {
  std::uint32_t count = key.node.value_count;
  if (count == 0) return std::vector<std::uint32_t>{};
  Bytes list = TRY(at(key.node.value_list).in(cell_name(key.offset)));
  if (count > list.size() / sizeof(le32)) {
    return corrupt_cell(
        key.offset, fmt::format("the key counts {} values, its list has room for {}",
                                count, list.size() / sizeof(le32)));
  }
  return decode_offsets(list, count);
}

Result<std::vector<Cells::Segment>> Cells::segments(const ValueCell& value) const {
  std::uint32_t size = value.data_size();
  if (value.is_inline()) {
    if (size <= sizeof(le32)) return std::vector<Segment>{};
    return corrupt_cell(value.offset,
                        fmt::format("{} bytes of data can't lie in the value", size));
  }
  if (size == 0) return std::vector<Segment>{};
  Bytes cell = TRY(at(value.node.data).in(cell_name(value.offset)));
  if (size <= cell.size()) {
    return std::vector<Segment>{{value.node.data, cell.first(size)}};
  }
  return big_data_segments(cell, size)
      .in(cell_name(value.node.data))
      .in(cell_name(value.offset));
}

Result<std::vector<Cells::Segment>> Cells::big_data_segments(Bytes cell,
                                                             std::uint32_t size) const {
  auto head = load<BigData>(cell);
  if (size <= kSegmentSize || !head || head->signature != kBigDataSignature) {
    return Error(Errc::corrupt,
                 fmt::format("{} bytes of data in a cell of {}", size, cell.size()));
  }
  std::size_t count = checked::div_up(size, kSegmentSize);
  Bytes list = TRY(at(head->segment_list));
  if (count != head->segment_count || count > list.size() / sizeof(le32)) {
    return Error(Errc::corrupt, fmt::format("{} bytes of data in {} segments", size,
                                            unsigned{head->segment_count}));
  }
  std::vector<Segment> segments;
  for (std::uint32_t offset : decode_offsets(list, count)) {
    Bytes segment = TRY(at(offset));
    std::uint32_t expected = std::min(size, kSegmentSize);
    if (segment.size() < expected) {
      return corrupt_cell(
          offset, fmt::format("a data segment of {} bytes in a cell of {}", expected,
                              segment.size()));
    }
    segments.push_back({offset, segment.first(expected)});
    size -= expected;
  }
  return segments;
}

Result<ByteVector> Cells::data(const ValueCell& value) const {
  auto parts = TRY(segments(value));
  ByteVector data;
  if (value.is_inline()) {
    Bytes field = bytes_of(value.node.data);
    data.assign(field.begin(), field.begin() + value.data_size());
  }
  for (const Segment& part : parts) {
    data.insert(data.end(), part.bytes.begin(), part.bytes.end());
  }
  return data;
}

std::string cell_name(std::uint32_t offset) {
  return fmt::format("cell 0x{:x}", offset);
}

std::uint32_t name_hash(std::u16string_view name) {
  std::uint32_t hash = 0;
  for (char16_t letter : name) hash = hash * 37 + upcase(letter);
  return hash;
}

std::uint32_t name_hint(std::u16string_view name) {
  std::uint32_t hint = 0;
  name = name.substr(0, sizeof(hint));
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] > 0xff) return 0;
    hint |= std::uint32_t{name[i]} << (8 * i);
  }
  return hint;
}

std::uint32_t checksum(const BaseBlock& base) {
  Bytes bytes = bytes_of(base);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < offsetof(BaseBlock, checksum); i += sizeof(le32)) {
    sum ^= get_u32(bytes, i);
  }
  if (sum == 0xffffffff) return 0xfffffffe;
  return sum == 0 ? 1 : sum;
}

}  // namespace drydock::hive
