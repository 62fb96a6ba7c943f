#include "repair/hive/subkey_lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "repair/hive/upcase.h"
#include "vhd/base/try.h"

namespace drydock::hive {

namespace {

// Windows cuts a list of 1013 in two: halves of 506 and 507 are common in its
// hives, and none of more than 1012 was met.
constexpr std::size_t kListLengthMax = 1012;
constexpr std::size_t kIndexRootLengthMax = 0xffff;  // its count has 16 bits

// Since 1.5 new lists are "lh"; 1.3 hives, boot stores among them, have "lf".
constexpr std::uint32_t kHashLeafMinor = 5;

// A list taken apart.
struct List {
  std::uint16_t signature = 0;
  std::vector<HintedElement> elements;  // hints are 0 where it keeps none

  bool hinted() const {
    return signature == kFastLeafSignature || signature == kHashLeafSignature;
  }
};

List take_apart(const SubkeyList& cell) {
  List list{.signature = cell.signature, .elements = {}};
  for (std::size_t i = 0; i < cell.count; ++i) {
    list.elements.push_back(
        {.key = cell.offset(i), .hint = cell.has_hints() ? cell.hint(i) : 0});
  }
  return list;
}

// Writes `list` where it was, in the cell `old`, or in a new one where it has
// outgrown that; the cell it is in.
Result<std::uint32_t> put_list(CellSpace& space, std::uint32_t old, const List& list) {
  ByteVector bytes;
  auto append = [&](Bytes more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  append(
      bytes_of(ListHeader{.signature = list.signature,
                          .count = static_cast<std::uint16_t>(list.elements.size())}));
  for (const HintedElement& element : list.elements) {
    append(list.hinted() ? bytes_of(element) : bytes_of(element.key));
  }
  std::uint32_t cell = old;
  auto room = space.cells().at(old);
  if (!room || room->size() < bytes.size()) {
    cell = TRY(space.allocate(bytes.size()));
    if (room) space.free(old);
  }
  space.put_bytes(cell, 0, bytes);
  return cell;
}

std::uint32_t hint_of(std::uint16_t signature, std::u16string_view name) {
  if (signature == kHashLeafSignature) return name_hash(name);
  return signature == kFastLeafSignature ? name_hint(name) : 0;
}

// How many of the list's keys come before `name`.
Result<std::size_t> place_in(const Cells& cells, const List& list,
                             std::u16string_view name) {
  std::size_t low = 0;
  for (std::size_t high = list.elements.size(); low < high;) {
    std::size_t middle = low + (high - low) / 2;
    KeyCell key = TRY(cells.key(list.elements[middle].key));
    if (compare_ignoring_case(key.name, name) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The last of an index root's leaves that begins before `name`, or the first.
Result<std::size_t> leaf_for(const Cells& cells, const List& root,
                             std::u16string_view name) {
  std::size_t leaf = 0;
  for (std::size_t i = 1; i < root.elements.size(); ++i) {
    SubkeyList list = TRY(cells.subkey_list(root.elements[i].key));
    if (list.count == 0) continue;
    KeyCell first = TRY(cells.key(list.offset(0)));
    if (compare_ignoring_case(first.name, name) > 0) break;
    leaf = i;
  }
  return leaf;
}

// The cells that a leaf has become: two where it was full.
Result<std::vector<std::uint32_t>> add_to_leaf(CellSpace& space, std::uint32_t cell,
                                               const KeyCell& subkey) {
  List leaf = take_apart(TRY(space.cells().subkey_list(cell)));
  std::size_t place = TRY(place_in(space.cells(), leaf, subkey.name));
  leaf.elements.insert(
      leaf.elements.begin() + static_cast<std::ptrdiff_t>(place),
      {.key = subkey.offset, .hint = hint_of(leaf.signature, subkey.name)});
  std::vector<std::uint32_t> cells;
  if (leaf.elements.size() > kListLengthMax) {
    auto middle =
        leaf.elements.begin() + static_cast<std::ptrdiff_t>(leaf.elements.size() / 2);
    List second{.signature = leaf.signature, .elements = {middle, leaf.elements.end()}};
    leaf.elements.erase(middle, leaf.elements.end());
    cells.push_back(TRY(put_list(space, cell, leaf)));
    cells.push_back(TRY(put_list(space, kNoCell, second)));
  } else {
    cells.push_back(TRY(put_list(space, cell, leaf)));
  }
  return cells;
}

// The list that names what `list` named and `subkey`.
Result<std::uint32_t> add_to_list(CellSpace& space, std::uint32_t list_cell,
                                  const KeyCell& subkey) {
  SubkeyList list = TRY(space.cells().subkey_list(list_cell));
  if (!list.is_index_root()) {
    auto leaves = TRY(add_to_leaf(space, list_cell, subkey));
    if (leaves.size() == 1) return leaves.front();
    List root{.signature = kIndexRootSignature, .elements = {}};
    for (std::uint32_t leaf : leaves) root.elements.push_back({.key = leaf, .hint = 0});
    return put_list(space, kNoCell, root);
  }
  List root = take_apart(list);
  if (root.elements.empty() || root.elements.size() >= kIndexRootLengthMax) {
    return Error(Errc::no_space,
                 fmt::format("a list (ri) of {} lists takes no more keys",
                             root.elements.size()));
  }
  std::size_t leaf = TRY(leaf_for(space.cells(), root, subkey.name));
  auto leaves = TRY(add_to_leaf(space, root.elements[leaf].key, subkey));
  root.elements[leaf].key = leaves.front();
  if (leaves.size() == 2) {
    root.elements.insert(root.elements.begin() + static_cast<std::ptrdiff_t>(leaf) + 1,
                         {.key = leaves.back(), .hint = 0});
  }
  return put_list(space, list_cell, root);
}

// Takes `subkey` out of the list; the list that remains, or kNoCell where
// nothing does.  Nothing at all where it wasn't there.
Result<std::optional<std::uint32_t>> take_out(CellSpace& space, std::uint32_t list_cell,
                                              std::uint32_t subkey) {
  List list = take_apart(TRY(space.cells().subkey_list(list_cell)));
  auto& elements = list.elements;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    std::uint32_t left = kNoCell;
    if (list.signature == kIndexRootSignature) {
      SubkeyList leaf = TRY(space.cells().subkey_list(elements[i].key));
      if (leaf.is_index_root()) continue;  // check() refuses it
      auto taken = TRY(take_out(space, elements[i].key, subkey));
      if (!taken) continue;
      left = *taken;
    } else if (elements[i].key != subkey) {
      continue;
    }
    if (left != kNoCell) {
      elements[i].key = left;
    } else {
      elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (!elements.empty()) return std::optional(TRY(put_list(space, list_cell, list)));
    space.free(list_cell);
    return std::optional(kNoCell);
  }
  return std::optional<std::uint32_t>();
}

}  // namespace

Done add_to_lists(CellSpace& space, std::uint32_t parent, std::uint32_t subkey) {
  KeyCell parent_cell = TRY(space.cells().key(parent));
  KeyCell subkey_cell = TRY(space.cells().key(subkey));
  KeyNode node = parent_cell.node;
  if (node.subkey_count == 0) {
    std::uint16_t signature = space.cells().minor() >= kHashLeafMinor
                                  ? kHashLeafSignature
                                  : kFastLeafSignature;
    List list{
        .signature = signature,
        .elements = {{.key = subkey, .hint = hint_of(signature, subkey_cell.name)}}};
    node.subkey_list = TRY(put_list(space, kNoCell, list));
  } else {
    node.subkey_list = TRY(add_to_list(space, node.subkey_list, subkey_cell));
  }
  node.subkey_count = node.subkey_count + 1;
  space.put(parent, 0, node);
  return {};
}

Done remove_from_lists(CellSpace& space, std::uint32_t parent, std::uint32_t subkey) {
  KeyNode node = TRY(space.cells().key(parent)).node;
  std::optional<std::uint32_t> left;
  if (node.subkey_count != 0) left = TRY(take_out(space, node.subkey_list, subkey));
  if (!left) {
    return Error(Errc::corrupt, "its parent's lists don't name it")
        .in(cell_name(subkey));
  }
  node.subkey_list = *left;
  node.subkey_count = node.subkey_count - 1;
  if (node.subkey_count == 0) node.subkey_name_size_max = 0;
  space.put(parent, 0, node);
  return {};
}

}  // namespace drydock::hive
