#include "repair/bcd/new_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/bcd/names.h"
#include "repair/hive/new_hive.h"
#include "vhd/base/try.h"
#include "vhd/memory_device.h"

namespace drydock::bcd {

namespace {

using Ids = std::vector<ObjectId>;

constexpr ObjectId kMemoryTesterId = "b2721d73-1db4-4c62-bf78-c548a880142d"_guid;
constexpr ObjectId kGlobalSettings = "7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e"_guid;
constexpr ObjectId kLoaderSettingsId = "6efb52bf-1766-41db-a6b3-0ee5eff72bd7"_guid;
constexpr ObjectId kResumeSettingsId = "1afa9c49-16ab-4a5c-901b-212802da9460"_guid;
constexpr ObjectId kHypervisorSettings = "7ff607e0-4395-11db-b0de-0800200c9a66"_guid;
constexpr ObjectId kDebuggerSettings = "4636856e-540f-4170-a130-a84776f4c654"_guid;
constexpr ObjectId kBadMemory = "5189b25c-5558-4bf2-bca4-289b11bd29e2"_guid;

// What a BCD-Template has for a Windows and its waking, of UEFI and of a BIOS.  The ids
// are those of phnt's ntbcd.h, GUID_WINDOWS_OS_TARGET_TEMPLATE_EFI and its likes.
constexpr ObjectId kLoaderOfUefi = "b012b84d-c47c-4ed5-b722-c0c42163e569"_guid;
constexpr ObjectId kLoaderOfBios = "a1943bbc-ea85-487c-97c7-c9ede908a38a"_guid;
constexpr ObjectId kResumeOfUefi = "0c334284-9a41-4de1-99b3-a7e87e8ff07e"_guid;
constexpr ObjectId kResumeOfBios = "98b02a23-0674-4ce7-bdad-e0a15a8ff97b"_guid;

// Elements that no other code speaks of.
constexpr ElementId kLocale = 0x12000005;
constexpr ElementId kRecoverySequence = 0x14000008;
constexpr ElementId kDisplayMessage = 0x15000065;
constexpr ElementId kDisplayMessageOverride = 0x15000066;
constexpr ElementId kDebugType = 0x15000011;
constexpr ElementId kRecoveryEnabled = 0x16000009;
constexpr ElementId kBadMemoryAccess = 0x1600000b;
constexpr ElementId kIsolatedContext = 0x16000060;
constexpr ElementId kAllowedInMemory = 0x17000077;
constexpr ElementId kManagerResumeObject = 0x23000006;
constexpr ElementId kNx = 0x25000020;
constexpr ElementId kBootMenuPolicy = 0x250000c2;
constexpr ElementId kHypervisorDebugType = 0x250000f3;
constexpr ElementId kHypervisorDebugPort = 0x250000f4;
constexpr ElementId kHypervisorBaudRate = 0x250000f5;
constexpr ElementId kWinPe = 0x26000022;
constexpr ElementId kRecoveryOs = 0x46000010;
// Of a resume application.
constexpr ElementId kHibernationFile = 0x22000002;
constexpr ElementId kResumeMenuPolicy = 0x25000008;
constexpr ElementId kDebugOption = 0x26000006;
// Of device options.
constexpr ElementId kSdiDevice = 0x31000003;
constexpr ElementId kSdiPath = 0x32000004;

constexpr std::uint64_t kMessageRecovery = 3;
constexpr std::uint64_t kDebugLocal = 4;
constexpr std::uint64_t kMenuStandard = 1;
constexpr std::uint64_t kOptIn = 0;
constexpr std::uint64_t kOptOut = 1;
constexpr std::uint64_t kTimeoutSeconds = 30;
// The one setting that may change in memory: 15000075.
const std::vector<std::uint64_t> kSettingsInMemory = {0x15000075};
constexpr char kLanguage[] = "en-US";  // bcdboot's own, unless it is told another

Element entry(ElementId id, Value value) {
  return {.id = id, .value = std::move(value), .problem = {}};
}

Element text(ElementId id, std::string value) {
  return entry(id, Value(std::move(value)));
}

Element number(ElementId id, std::uint64_t value) { return entry(id, Value(value)); }

Element flag(ElementId id, bool value) { return entry(id, Value(value)); }

Element inherits(Ids from) { return entry(element::inherit, Value(std::move(from))); }

Object object(const ObjectId& id, ObjectType type, std::vector<Element> elements) {
  return {.id = id, .type = type, .elements = std::move(elements), .problem = {}};
}

void add_settings(std::vector<Object>& objects) {
  objects.push_back(object(kEmsSettings, kSettings, {flag(element::boot_ems, false)}));
  objects.push_back(
      object(kDebuggerSettings, kSettings, {number(kDebugType, kDebugLocal)}));
  objects.push_back(object(kBadMemory, kSettings, {}));
  objects.push_back(object(kGlobalSettings, kSettings,
                           {inherits({kDebuggerSettings, kEmsSettings, kBadMemory})}));
  objects.push_back(object(kLoaderSettingsId, kLoaderSettings,
                           {inherits({kGlobalSettings, kHypervisorSettings})}));
  objects.push_back(
      object(kResumeSettingsId, kResumeSettings, {inherits({kGlobalSettings})}));
  objects.push_back(
      object(kHypervisorSettings, kLoaderSettings,
             {number(kHypervisorDebugType, 0), number(kHypervisorDebugPort, 1),
              number(kHypervisorBaudRate, 115200)}));
}

Object boot_manager(const NewStore& store) {
  Object made = object(
      kBootManager, kBootManagerType,
      {entry(element::application_device, store.system),
       text(element::description, "Windows Boot Manager"), text(kLocale, kLanguage),
       inherits({kGlobalSettings}), entry(element::default_object, store.loader),
       entry(kManagerResumeObject, store.resume),
       entry(element::display_order, Ids{store.loader}),
       entry(element::tools_display_order, Ids{kMemoryTesterId}),
       number(element::timeout, kTimeoutSeconds)});
  // A BIOS' boot manager isn't started by its store, and has no path there.
  if (store.uefi) {
    made.elements.push_back(
        text(element::application_path, "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"));
  }
  return made;
}

Object memory_tester(const NewStore& store) {
  return object(
      kMemoryTesterId, kMemoryTester,
      {entry(element::application_device, store.system),
       text(element::application_path,
            store.uefi ? "\\EFI\\Microsoft\\Boot\\memtest.efi" : "\\boot\\memtest.exe"),
       text(element::description, "Windows Memory Diagnostic"),
       text(kLocale, kLanguage), inherits({kGlobalSettings}),
       flag(kBadMemoryAccess, true)});
}

std::string program(const NewStore& store, std::string_view folder,
                    std::string_view name) {
  return fmt::format("{}\\system32\\{}.{}", folder, name, store.uefi ? "efi" : "exe");
}

// What a Windows and its waking have alike.
void add_of_both(const NewStore& store, Object& object) {
  std::vector<Element>& elements = object.elements;
  elements.push_back(entry(element::application_device, store.windows));
  elements.push_back(entry(element::os_device, store.windows));
  elements.push_back(text(kLocale, kLanguage));
  elements.push_back(entry(kAllowedInMemory, kSettingsInMemory));
  if (store.uefi) elements.push_back(flag(kIsolatedContext, true));
  if (!store.recovery) return;
  elements.push_back(entry(kRecoverySequence, Ids{store.recovery->loader}));
  elements.push_back(flag(kRecoveryEnabled, true));
}

Object loader(const NewStore& store) {
  Object made =
      object(store.loader, kOsLoader,
             {text(element::application_path, program(store, store.root, "winload")),
              text(element::description, store.description),
              inherits({kLoaderSettingsId}), text(element::system_root, store.root),
              entry(element::resume_object, store.resume),
              number(kNx, store.nx_opt_out ? kOptOut : kOptIn),
              number(kBootMenuPolicy, kMenuStandard)});
  if (store.recovery) {
    made.elements.push_back(number(kDisplayMessageOverride, kMessageRecovery));
  }
  add_of_both(store, made);
  return made;
}

Object resume(const NewStore& store) {
  Object made =
      object(store.resume, kResumeLoader,
             {text(element::application_path, program(store, store.root, "winresume")),
              text(element::description, "Windows Resume Application"),
              inherits({kResumeSettingsId}), text(kHibernationFile, "\\hiberfil.sys"),
              number(kResumeMenuPolicy, kMenuStandard), flag(kDebugOption, false)});
  add_of_both(store, made);
  return made;
}

void add_recovery(const NewStore& store, std::vector<Object>& objects) {
  const NewStore::Recovery& recovery = *store.recovery;
  Device image = ramdisk_device(recovery.partition, recovery.folder + "\\Winre.wim",
                                recovery.options);
  objects.push_back(object(
      recovery.loader, kOsLoader,
      {entry(element::application_device, image), entry(element::os_device, image),
       text(element::application_path, program(store, "\\windows", "winload")),
       text(element::description, "Windows Recovery Environment"),
       text(kLocale, kLanguage), inherits({kLoaderSettingsId}),
       number(kDisplayMessage, kMessageRecovery),
       text(element::system_root, "\\windows"), number(kNx, kOptIn),
       number(kBootMenuPolicy, kMenuStandard), flag(kWinPe, true),
       flag(kRecoveryOs, true)}));
  objects.push_back(object(recovery.options, kDeviceOptions,
                           {text(element::description, "Windows Recovery"),
                            entry(kSdiDevice, recovery.partition),
                            text(kSdiPath, recovery.folder + "\\boot.sdi")}));
}

void sort(std::vector<Object>& objects) {
  std::ranges::sort(objects, {}, [](const Object& one) { return to_string(one.id); });
  for (Object& object : objects) {
    std::ranges::sort(object.elements, {}, &Element::id);
  }
}

Object* find(std::vector<Object>& objects, const ObjectId& id) {
  auto found = std::ranges::find(objects, id, &Object::id);
  return found == objects.end() ? nullptr : &*found;
}

// Class 4 is what a template is for, and nothing to a boot manager.
bool is_of_templates(ElementId id) { return id >> 28 == 4; }

// Devices, and what points from one object to another, are each disk's own; so are the
// paths, which a template has without their folder.
bool is_of_disk(ElementId id) {
  constexpr ElementId kFormatDevice = 1;
  constexpr ElementId kFormatObject = 3;
  constexpr ElementId kFormatObjects = 4;
  ElementId format = id >> 24 & 0xf;
  return format == kFormatDevice || format == kFormatObject ||
         (format == kFormatObjects && id != element::inherit) ||
         id == element::application_path || id == element::system_root;
}

void set(Object& object, const Element& element) {
  auto known = std::ranges::find(object.elements, element.id, &Element::id);
  if (known == object.elements.end()) {
    object.elements.push_back(element);
  } else {
    known->value = element.value;
  }
}

void take(const Object& from, Object& to) {
  for (const Element& element : from.elements) {
    bool usable = element.problem.empty() && kind_name(element.id) != "unknown" &&
                  !is_of_templates(element.id) && !is_of_disk(element.id);
    if (usable) set(to, element);
  }
}

bool is_settings(const Object& object) { return object.type >> 28 == 2; }

}  // namespace

std::vector<Object> objects_of(const NewStore& store) {
  std::vector<Object> objects;
  add_settings(objects);
  objects.push_back(boot_manager(store));
  objects.push_back(memory_tester(store));
  objects.push_back(loader(store));
  objects.push_back(resume(store));
  if (store.recovery) add_recovery(store, objects);
  sort(objects);
  return objects;
}

bool apply_template(const std::vector<Object>& from, bool uefi, const ObjectId& loader,
                    const ObjectId& resume, std::vector<Object>& objects) {
  ObjectId of_loader = uefi ? kLoaderOfUefi : kLoaderOfBios;
  ObjectId of_resume = uefi ? kResumeOfUefi : kResumeOfBios;
  if (std::ranges::find(from, of_loader, &Object::id) == from.end()) return false;
  for (const Object& one : from) {
    if (!one.problem.empty()) continue;
    ObjectId target = one.id == of_loader   ? loader
                      : one.id == of_resume ? resume
                                            : one.id;
    Object* known = find(objects, target);
    if (known == nullptr && is_settings(one)) {
      objects.push_back(object(one.id, one.type, {}));
      known = &objects.back();
    }
    if (known != nullptr && known->type == one.type) take(one, *known);
  }
  sort(objects);
  return true;
}

Result<ByteVector> make_store(const std::vector<Object>& objects,
                              const hive::SaveOptions& options) {
  MemoryDevice empty(TRY(hive::new_hive("NewStoreRoot", options.clock())));
  hive::Hive hive = TRY(hive::Hive::open(empty));
  Store store = TRY(Store::lay_out(hive));
  for (const Object& object : objects) {
    TRY(store.create(object.id, object.type));
    for (const Element& element : object.elements) {
      TRY(store.set(object.id, element.id, element.value));
    }
  }
  return hive.save(options);
}

}  // namespace drydock::bcd
