#include "repair/bcd/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "repair/bcd/elements.h"
#include "vhd/base/utf16.h"

namespace drydock::bcd {

namespace {

struct KnownObject {
  ObjectId id;
  std::string_view alias;  // "" where bcdedit has none
  std::string_view title;  // "" where the type's will do
  ObjectType type;
};

// Where one id has two aliases, the first is the one that bcdedit prints.
constexpr KnownObject kObjects[] = {
    {kBootManager, "{bootmgr}", "", kBootManagerType},
    {kFirmwareBootManager, "{fwbootmgr}", "", kFirmwareBootManagerType},
    {"b2721d73-1db4-4c62-bf78-c548a880142d"_guid, "{memdiag}", "", kMemoryTester},
    {"466f5a88-0af2-4f76-9038-095b170dc21c"_guid, "{ntldr}", "", kLegacyLoader},
    {"466f5a88-0af2-4f76-9038-095b170dc21c"_guid, "{legacy}", "", kLegacyLoader},
    {kEmsSettings, "{emssettings}", "EMS Settings", kSettings},
    {"4636856e-540f-4170-a130-a84776f4c654"_guid, "{dbgsettings}", "Debugger Settings",
     kSettings},
    {"4636856e-540f-4170-a130-a84776f4c654"_guid, "{eventsettings}", "", kSettings},
    {"313e8eed-7098-4586-a9bf-309c61f8d449"_guid, "{kerneldbgsettings}", "", kSettings},
    {"5189b25c-5558-4bf2-bca4-289b11bd29e2"_guid, "{badmemory}", "RAM Defects",
     kSettings},
    {"7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e"_guid, "{globalsettings}", "Global Settings",
     kSettings},
    {"6efb52bf-1766-41db-a6b3-0ee5eff72bd7"_guid, "{bootloadersettings}",
     "Boot Loader Settings", kLoaderSettings},
    {"7ff607e0-4395-11db-b0de-0800200c9a66"_guid, "{hypervisorsettings}",
     "Hypervisor Settings", kLoaderSettings},
    // A much-copied list has 4a90 where all stores have 901b.
    {"1afa9c49-16ab-4a5c-901b-212802da9460"_guid, "{resumeloadersettings}",
     "Resume Loader Settings", kResumeSettings},
    {"ae5534e0-a924-466c-b836-758539a3ee3a"_guid, "{ramdiskoptions}",
     "Setup Ramdisk Options", kDeviceOptions},
};

struct KnownType {
  ObjectType type;
  std::string_view title;
};

constexpr KnownType kTypes[] = {
    {kFirmwareBootManagerType, "Firmware Boot Manager"},
    {kBootManagerType, "Windows Boot Manager"},
    {kOsLoader, "Windows Boot Loader"},
    {kResumeLoader, "Resume from Hibernate"},
    {kMemoryTester, "Windows Memory Tester"},
    {kLegacyLoader, "Windows Legacy OS Loader"},
    {kBootSector, "Real-mode Boot Sector"},
    {kDeviceOptions, "Device options"},
};

// bcdedit puts the number behind a title that isn't of one type alone.  Seen of
// the first and of the last; the others are by analogy.
std::string_view family_title(ObjectType type) {
  switch (type >> 28) {
    case 1:
      switch (type >> 20 & 0xf) {
        case 1:
          return "Firmware Application";
        case 2:
          return "Windows Boot Application";
        case 3:
          return "Legacy Loader";
        case 4:
          return "Real-mode Application";
        default:
          return "Application";
      }
    case 2:
      return "Inherited Settings";
    default:
      return "Object";
  }
}

// The class 2 elements of objects of this type.  What any application may
// inherit (0x201.....) is taken for a loader's: the kernel debugger's settings
// are.
std::span<const ElementName> elements_of_type(ObjectType type) {
  switch (type & 0xf00fffff) {
    case 0x10000001:
    case 0x10000002:
      return boot_manager_elements();
    case 0x10000003:
    case 0x20000003:
      return os_loader_elements();
    case 0x10000004:
    case 0x20000004:
      return resume_elements();
    case 0x10000005:
    case 0x20000005:
      return memory_tester_elements();
    case 0x10000006:
      return legacy_loader_elements();
    case 0x10000009:
      return startup_elements();
    case 0x1000000a:
      return mobile_elements();
    default:
      return type == kSettings ? os_loader_elements() : std::span<const ElementName>();
  }
}

// Device options, and what they inherit.
bool is_device(ObjectType type) { return type >> 28 == 3 || type >> 20 == 0x203; }

std::array<std::span<const ElementName>, 5> tables_for(ObjectType type) {
  return {elements_of_type(type), other_elements(), library_elements(),
          device_elements(), template_elements()};
}

// "25000080", with "0x" or "custom:" before it or not.
std::optional<ElementId> parse_id(std::string_view word) {
  constexpr std::string_view custom = "custom:";
  constexpr std::size_t digits = 8;
  if (equal_ignoring_case(word.substr(0, custom.size()), custom)) {
    word.remove_prefix(custom.size());
  }
  if (equal_ignoring_case(word.substr(0, 2), "0x")) word.remove_prefix(2);
  ElementId id = 0;
  auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), id, 16);
  if (word.size() != digits || failure != std::errc() ||
      end != word.data() + word.size()) {
    return std::nullopt;
  }
  return id;
}

}  // namespace

std::optional<std::string_view> alias_of(const ObjectId& id) {
  const auto* known = std::ranges::find(kObjects, id, &KnownObject::id);
  if (known == std::end(kObjects)) return std::nullopt;
  return known->alias;
}

std::optional<ObjectId> object_of_alias(std::string_view alias) {
  for (const KnownObject& known : kObjects) {
    if (equal_ignoring_case(known.alias, alias)) return known.id;
  }
  return std::nullopt;
}

std::optional<ObjectType> well_known_type(const ObjectId& id) {
  const auto* known = std::ranges::find(kObjects, id, &KnownObject::id);
  if (known == std::end(kObjects)) return std::nullopt;
  return known->type;
}

std::string title_of(const ObjectId& id, ObjectType type) {
  for (const KnownObject& known : kObjects) {
    if (known.id == id && !known.title.empty()) return std::string(known.title);
  }
  const auto* known = std::ranges::find(kTypes, type, &KnownType::type);
  if (known != std::end(kTypes)) return std::string(known->title);
  return fmt::format("{} ({:08x})", family_title(type), type);
}

const ElementName* find_element(ElementId id, ObjectType type) {
  for (std::span<const ElementName> table : tables_for(type)) {
    auto row = std::ranges::find(table, id, &ElementName::id);
    if (row != table.end()) return &*row;
  }
  return nullptr;
}

std::optional<ElementId> find_element(std::string_view word, ObjectType type) {
  if (auto id = parse_id(word)) return id;
  if (word.empty()) return std::nullopt;
  for (std::span<const ElementName> table : tables_for(type)) {
    for (const ElementName& row : table) {
      bool fits = row.id >> 28 != 3 || is_device(type);
      if (fits && equal_ignoring_case(row.name, word)) return row.id;
    }
  }
  return std::nullopt;
}

std::vector<std::string_view> element_names(ObjectType type) {
  std::vector<std::string_view> names;
  for (std::span<const ElementName> table : tables_for(type)) {
    for (const ElementName& row : table) {
      if (!row.name.empty()) names.push_back(row.name);
    }
  }
  return names;
}

std::string element_name(ElementId id, ObjectType type) {
  const ElementName* known = find_element(id, type);
  if (known != nullptr && !known->name.empty()) return std::string(known->name);
  return fmt::format("custom:{:08x}", id);
}

std::string address_words(std::uint64_t address) {
  if (address > UINT32_MAX) return fmt::format("{:#x}", address);
  return fmt::format("{}.{}.{}.{}", address >> 24, address >> 16 & 0xff,
                     address >> 8 & 0xff, address & 0xff);
}

std::string_view kind_name(ElementId id) {
  constexpr std::string_view kinds[] = {"unknown", "device",     "string",
                                        "object",  "objectlist", "integer",
                                        "boolean", "integerlist"};
  std::size_t format = id >> 24 & 0xf;
  return format < std::size(kinds) ? kinds[format] : kinds[0];
}

}  // namespace drydock::bcd
