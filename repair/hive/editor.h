// Edits of keys and values, made in the cells of a hive in memory.
//
// The hive has passed believe().  What an edit leaves is as Windows writes it:
// lists in order and hinted, large data in segments, security descriptors
// counted, maxima kept.  Times are not set here: save() does it.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "repair/hive/cell_space.h"
#include "repair/hive/hive.h"
#include "vhd/base/result.h"

namespace drydock::hive {

class Editor {
 public:
  // Borrows `file`, which must outlive it and which nobody else may change.
  explicit Editor(ByteVector& file) : space_(file) {}

  // An edit that fails may be half done.  So edits are made one or several at a
  // time, and then kept, or undone whole.

  // A new key has its parent's security.  `name` isn't there yet.
  Result<std::uint32_t> create_key(std::uint32_t parent, std::u16string_view name);
  // With all below it: the keys that are gone.
  Result<std::vector<std::uint32_t>> remove_key(std::uint32_t parent,
                                                std::uint32_t key);
  // Adds the value, or replaces the data of the one that has its name.
  Done set_value(std::uint32_t key, const Value& value);
  // not_found where there is none.
  Done remove_value(std::uint32_t key, std::u16string_view name);

  void keep() { space_.keep(); }
  void undo() { space_.undo(); }

 private:
  Result<std::uint32_t> share_security(std::uint32_t parent);
  Done set_data(ValueNode& node, Bytes data);
  Result<std::uint32_t> lay_data(Bytes data);
  Result<std::uint32_t> lay_big_data(Bytes data);
  Done add_to_values(KeyNode& node, std::uint32_t value);
  Done free_data(const ValueCell& value);
  Done free_key(std::uint32_t key);
  void release_security(std::uint32_t security);

  CellSpace space_;
};

// The value of `key` that is called `name`; nothing where there is none.
Result<std::optional<ValueCell>> find_value(const Cells& cells, const KeyCell& key,
                                            std::u16string_view name);

}  // namespace drydock::hive
