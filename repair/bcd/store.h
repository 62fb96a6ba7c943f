// A Boot Configuration Data store: the boot menu, kept as a registry hive.
//
// A store holds objects, named by GUID; an object holds elements, named by
// number.  The number's second hex digit fixes the shape of the value, so a
// value of the wrong shape is refused here, before a boot manager meets it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "repair/hive/hive.h"
#include "vhd/base/guid.h"

namespace drydock::bcd {

using ObjectId = Guid;
using ElementId = std::uint32_t;
using ObjectType = std::uint32_t;

// What a device element names: where a boot application or Windows lies.
// Layout: docs of the device element in device.h.
struct Device {
  enum class Kind : std::uint8_t {
    boot,
    partition,
    ramdisk,
    file,
    vhd,
    locate,
    unknown
  };
  Kind kind = Kind::unknown;
  bool gpt = false;   // else MBR, when kind is partition
  Guid disk_id;       // GPT
  Guid partition_id;  // GPT
  std::uint32_t mbr_signature = 0;
  std::uint64_t mbr_offset = 0;  // in bytes
  std::string path;              // of a file, ramdisk image or vhd; of a locate
  ByteVector raw;                // the element as stored: written back unchanged
};

// In the order of the format nibble, 1 to 7.
using Value = std::variant<Device, std::string, ObjectId, std::vector<ObjectId>,
                           std::uint64_t, bool, std::vector<std::uint64_t>>;

struct Element {
  ElementId id = 0;
  Value value;
};

struct Object {
  ObjectId id;
  ObjectType type = 0;  // 0x10200003 is an OS loader
  std::vector<Element> elements;
};

class Store {
 public:
  // Borrows `hive`, which must outlive the store.  corrupt when the hive is
  // sound but isn't laid out as a store.
  static Result<Store> open(hive::Hive& hive);

  // Every object with its own elements, in the hive's order.
  Result<std::vector<Object>> objects() const;
  // not_found where there is no such object.
  Result<Object> object(const ObjectId& id) const;
  // The object's own element.  not_found where it has none.
  Result<Value> get(const ObjectId& id, ElementId element) const;
  // Its own, or else the first that inheritance gives (element 14000006, in
  // order, depth first, at most kInheritDepthMax deep, cycles cut).
  Result<Value> get_inherited(const ObjectId& id, ElementId element) const;

  // Change the hive in memory; Hive::save() is what makes a file of it.
  // bad_argument when the value's shape isn't the one that the id's format
  // nibble asks for.  Integers are written as 8 bytes, booleans as 1.
  Done set(const ObjectId& id, ElementId element, const Value& value);
  Done remove(const ObjectId& id, ElementId element);
  Done remove(const ObjectId& id);

  // "{bootmgr}", "{default}", "{current}" or a GUID, to the object that is
  // meant.  {default} is the boot manager's default; {current}, off the
  // machine, is the same.  not_found for an unknown alias, or one that points
  // nowhere.
  Result<ObjectId> resolve(std::string_view word) const;

 private:
  explicit Store(hive::Hive& hive) : hive_(&hive) {}
  hive::Hive* hive_;
};

inline constexpr int kInheritDepthMax = 16;

}  // namespace drydock::bcd
