// A Boot Configuration Data store: the boot menu, kept as a registry hive.
//
// A store holds objects, named by GUID; an object holds elements, named by
// number.  The number's second hex digit fixes the shape of the value, so a
// value of the wrong shape is refused here, before a boot manager meets it.
//
// A damaged store is read as far as it goes: what can't be understood is
// listed with its reason, stays in the hive as it is, and hides nothing else.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "repair/bcd/device.h"
#include "repair/hive/hive.h"
#include "vhd/base/guid.h"

namespace drydock::bcd {

using ObjectId = Guid;
using ElementId = std::uint32_t;
using ObjectType = std::uint32_t;

// In the order of the format digit, 1 to 7.  An element whose digit is none
// of these is a Device of kind unknown, with its bytes.
using Value = std::variant<Device, std::string, ObjectId, std::vector<ObjectId>,
                           std::uint64_t, bool, std::vector<std::uint64_t>>;

struct Element {
  ElementId id = 0;
  Value value;
  // Why the value couldn't be read; "" where it could.  If it couldn't, it is
  // a Device of kind unknown, with the bytes.
  std::string problem;
};

struct Object {
  ObjectId id;
  ObjectType type = 0;  // 0x10200003 is an OS loader
  std::vector<Element> elements;
  std::string problem;  // why the type isn't known; "" where it is
};

class Store {
 public:
  // Borrows `hive`, which must outlive the store.  corrupt when the hive is
  // sound but isn't laid out as a store.
  static Result<Store> open(hive::Hive& hive);
  // Makes an empty store of a hive that has only its root, and opens it.
  static Result<Store> lay_out(hive::Hive& hive);

  // Every object with its own elements, in the hive's order.  What isn't
  // understood is there, with its problem.
  Result<std::vector<Object>> objects() const;
  // not_found where there is no such object.
  Result<Object> object(const ObjectId& id) const;
  // The object's own element.  not_found where it has none, corrupt where it
  // has one of the wrong shape.
  Result<Value> get(const ObjectId& id, ElementId element) const;
  // What lies in the hive for it, whatever that is.  not_found where there is none.
  Result<hive::Value> stored(const ObjectId& id, ElementId element) const;
  // Its own, or else the first that inheritance gives (element 14000006, in
  // order, depth first, at most kInheritDepthMax deep, cycles cut).  Objects
  // that are named but missing are passed over.
  Result<Value> get_inherited(const ObjectId& id, ElementId element) const;

  // All that objects() couldn't understand, one clause each, with its place:
  // keys that name no object or element, and each problem.
  Result<std::vector<std::string>> problems() const;

  // Change the hive in memory; Hive::save() is what makes a file of it.
  // bad_argument when the value's shape isn't the one that the id's format
  // digit asks for.  Integers are written as 8 bytes, booleans as 1.
  // not_found where there is no such object, or nothing to remove.
  Done set(const ObjectId& id, ElementId element, const Value& value);
  Done remove(const ObjectId& id, ElementId element);
  Done remove(const ObjectId& id);
  // A new object, without elements.  bad_argument where it is there already.
  Done create(const ObjectId& id, ObjectType type);

  // "{bootmgr}", "{default}", "{current}" or a GUID, to the object that is
  // meant.  {default} is the boot manager's default; {current}, off the
  // machine, is the same.  not_found for an unknown alias, or one that points
  // nowhere.
  Result<ObjectId> resolve(std::string_view word) const;

 private:
  explicit Store(hive::Hive& hive) : hive_(&hive) {}
  hive::Hive* hive_;
};

// The key of an element, below the hive's root.
std::string element_path(const ObjectId& id, ElementId element);

// bootmgr -> globalsettings -> dbgsettings is three deep, a loader four.
inline constexpr int kInheritDepthMax = 16;

}  // namespace drydock::bcd
