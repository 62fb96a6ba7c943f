// The words of bcdedit: names of objects and elements, and what their values
// are called.  Data, not code: names.cc is the table of windows-known ids.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "repair/bcd/store.h"

namespace drydock::bcd {

inline constexpr ObjectId kBootManager = "9dea862c-5cdd-4e70-acc1-f32b344d4795"_guid;
inline constexpr ObjectId kFirmwareBootManager =
    "a5a30fa2-3d06-4e9f-b5f4-a01df9d1fcba"_guid;

namespace element {
inline constexpr ElementId application_device = 0x11000001;
inline constexpr ElementId application_path = 0x12000002;
inline constexpr ElementId description = 0x12000004;
inline constexpr ElementId inherit = 0x14000006;
inline constexpr ElementId os_device = 0x21000001;
inline constexpr ElementId system_root = 0x22000002;
inline constexpr ElementId default_object = 0x23000003;  // of a boot manager
inline constexpr ElementId display_order = 0x24000001;   // of a boot manager
inline constexpr ElementId safe_boot = 0x25000080;       // of an OS loader
}  // namespace element

inline constexpr ObjectType kOsLoader = 0x10200003;

// "{bootmgr}" for a well-known object, else nothing.
std::optional<std::string_view> alias_of(const ObjectId& id);
// The well-known object of an alias such as "{bootmgr}" or "{memdiag}".
// {default} and {current} aren't objects: Store::resolve() knows them.
std::optional<ObjectId> object_of_alias(std::string_view alias);

// Ids of class 2 mean what the object's type says they mean: 0x26000025 is
// "hiberboot" of a boot manager and "lastknowngood" of an OS loader.
struct ElementName {
  ElementId id;
  std::string_view name;  // "safeboot"; empty where bcdedit has no word
  // What bcdedit calls the numbers: {0, "Minimal"}.
  std::vector<std::pair<std::uint64_t, std::string_view>> words;
};

// nullptr for an id that is in no table.
const ElementName* find_element(ElementId id, ObjectType type);
// By bcdedit's word or by "0x25000080", "25000080" or "custom:25000080".
std::optional<ElementId> find_element(std::string_view word, ObjectType type);

// "integer", "objectlist" and so on, from the id's format nibble; "unknown".
std::string_view kind_name(ElementId id);

}  // namespace drydock::bcd
