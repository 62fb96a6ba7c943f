// The words of bcdedit: names of objects and elements, and what their values
// are called.  Data, not code: the elements_*.cc are its tables.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "repair/bcd/store.h"

namespace drydock::bcd {

inline constexpr ObjectId kBootManager = "9dea862c-5cdd-4e70-acc1-f32b344d4795"_guid;
inline constexpr ObjectId kFirmwareBootManager =
    "a5a30fa2-3d06-4e9f-b5f4-a01df9d1fcba"_guid;
inline constexpr ObjectId kEmsSettings = "0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9"_guid;

namespace element {
inline constexpr ElementId application_device = 0x11000001;
inline constexpr ElementId application_path = 0x12000002;
inline constexpr ElementId description = 0x12000004;
inline constexpr ElementId inherit = 0x14000006;
inline constexpr ElementId ems_port = 0x15000022;
inline constexpr ElementId ems_baud_rate = 0x15000023;
inline constexpr ElementId boot_ems = 0x16000020;
inline constexpr ElementId os_device = 0x21000001;  // of an OS loader
inline constexpr ElementId system_root = 0x22000002;
inline constexpr ElementId resume_object = 0x23000003;        // of an OS loader
inline constexpr ElementId default_object = 0x23000003;       // of a boot manager
inline constexpr ElementId display_order = 0x24000001;        // of a boot manager
inline constexpr ElementId boot_sequence = 0x24000002;        // of a boot manager
inline constexpr ElementId tools_display_order = 0x24000010;  // of a boot manager
inline constexpr ElementId timeout = 0x25000004;              // of a boot manager
inline constexpr ElementId safe_boot = 0x25000080;            // of an OS loader
inline constexpr ElementId ems = 0x260000b0;                  // of an OS loader
}  // namespace element

inline constexpr ObjectType kFirmwareBootManagerType = 0x10100001;
inline constexpr ObjectType kBootManagerType = 0x10100002;
inline constexpr ObjectType kOsLoader = 0x10200003;
inline constexpr ObjectType kResumeLoader = 0x10200004;
inline constexpr ObjectType kMemoryTester = 0x10200005;
inline constexpr ObjectType kLegacyLoader = 0x10300006;
inline constexpr ObjectType kBootSector = 0x10400008;
inline constexpr ObjectType kStartup = 0x10400009;
inline constexpr ObjectType kSettings = 0x20100000;        // for any application
inline constexpr ObjectType kLoaderSettings = 0x20200003;  // for OS loaders
inline constexpr ObjectType kResumeSettings = 0x20200004;
inline constexpr ObjectType kDeviceSettings = 0x20300000;  // for device options
inline constexpr ObjectType kDeviceOptions = 0x30000000;

// "{bootmgr}" for a well-known object, else nothing.
std::optional<std::string_view> alias_of(const ObjectId& id);
// The well-known object of an alias such as "{bootmgr}" or "{memdiag}".
// {default} and {current} aren't objects: Store::resolve() knows them.
std::optional<ObjectId> object_of_alias(std::string_view alias);

// What type a well-known object has; nothing for others.
std::optional<ObjectType> well_known_type(const ObjectId& id);

// bcdedit's heading: "Windows Boot Loader", "EMS Settings", "Firmware
// Application (101fffff)".
std::string title_of(const ObjectId& id, ObjectType type);

// What bcdedit calls one value of an integer: 0 is "Minimal".
struct ValueWord {
  std::uint64_t value = 0;
  std::string_view word;
};

// An address is of IPv4: 0xc0a80102 is 192.168.1.2.
enum class Notation : std::uint8_t { decimal, hexadecimal, address };

// Ids of class 2 mean what the object's type says they mean: 0x26000025 is
// "hiberboot" of a boot manager and "lastknowngood" of an OS loader.
struct ElementName {
  ElementId id = 0;
  std::string_view name;  // "safeboot"; empty where bcdedit has no word
  std::span<const ValueWord> words = {};
  Notation notation = Notation::decimal;  // of an integer that has no word
};

// nullptr for an id that is in no table.
const ElementName* find_element(ElementId id, ObjectType type);
// By bcdedit's word, among those of the type and then the library's, or by
// "0x25000080", "25000080" or "custom:25000080".
std::optional<ElementId> find_element(std::string_view word, ObjectType type);

// All of bcdedit's words for elements of such objects.
std::vector<std::string_view> element_names(ObjectType type);

// "safeboot", or "custom:21000026" where bcdedit has no word.
std::string element_name(ElementId id, ObjectType type);

// "192.168.1.2"; a number of more than 32 bits in hexadecimal.
std::string address_words(std::uint64_t address);

// "integer", "objectlist" and so on, from the id's format digit; "unknown".
std::string_view kind_name(ElementId id);

}  // namespace drydock::bcd
