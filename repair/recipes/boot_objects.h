// A boot store's objects, as its recipes look at them.

#pragma once

#include <string>
#include <vector>

#include "repair/bcd/store.h"
#include "repair/installation.h"

namespace drydock::repair {

// Every object of the store that starts `windows`.  not_found where no store was
// found; busy where its log holds what it lacks; else as opening a store fails.
Result<std::vector<bcd::Object>> read_boot_objects(const Installation& windows);

// nullptr for one that isn't there.
const bcd::Object* find_object(const std::vector<bcd::Object>& objects,
                               const bcd::ObjectId& id);

// The value of an element; nullptr where the object has none, or one of another shape.
template <class T>
const T* value_of(const bcd::Object& object, bcd::ElementId id) {
  for (const bcd::Element& element : object.elements) {
    if (element.id == id) return std::get_if<T>(&element.value);
  }
  return nullptr;
}

// How a boot store names a partition of a disk with this table.
bcd::Device device_of(const partition::Partition& partition,
                      const partition::Table& table);

// `{bootmgr} "Windows Boot Manager"`.
std::string name_of(const bcd::Object& object);

}  // namespace drydock::repair
