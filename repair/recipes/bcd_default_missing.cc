// The boot manager's default entry, element 23000003 of {bootmgr}, is absent,
// names an object that isn't there, or names one that starts no system.
//
// In all 33 healthy public stores that were looked at, the default exists and
// stands in displayorder.  ../CASEBOOK.md tells where the wound was met.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "repair/bcd/names.h"
#include "repair/edit_words.h"
#include "repair/recipes/boot_objects.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

using bcd::ElementId;
using bcd::Object;
using bcd::ObjectId;

// Older systems that a boot menu may have as its default: ntldr, and a boot
// sector.  Somebody chose them; no Windows of ours is started by them.
constexpr bcd::ObjectType kNtldr = 0x10300006;
constexpr bcd::ObjectType kBootSector = 0x10400008;

// What the boot manager shows when no entry can be started at all: "doesn't
// contain a valid OS entry"; and when the one that it was told to start is
// missing.  Microsoft's articles list both under a damaged store.
constexpr std::string_view kNoEntry = "0xC0000098";
constexpr std::string_view kEntryMissing = "0xC0000225";

// A store as this recipe sees it, for one Windows.
struct Sight {
  std::vector<Object> objects;
  const Object* boot_manager = nullptr;  // nullptr where it is missing
  std::optional<ObjectId> chosen;        // the default, where there is one
  const Object* chosen_object = nullptr;
  std::vector<ObjectId> display_order;
  // The OS loaders that name this Windows' volume, and how they do.
  std::vector<const Object*> loaders;
  std::vector<std::string> passed_over;  // loaders of the volume that won't do
};

std::string_view loader_suffix(const Installation& windows) {
  return windows.boot().firmware == "uefi" ? ".efi" : ".exe";
}

// Why `loader`, which names the volume, isn't the one for `windows`; "" where
// it is.
std::string mismatch(const Object& loader, const Installation& windows) {
  const auto* root = value_of<std::string>(loader, bcd::element::system_root);
  if (root != nullptr && !equal_ignoring_case(*root, windows.root())) {
    return fmt::format("its systemroot is {}", *root);
  }
  const auto* path = value_of<std::string>(loader, bcd::element::application_path);
  if (path == nullptr) return "it has no path";
  std::string lower = ascii_lower(*path);
  std::string_view file = std::string_view(lower).substr(lower.find_last_of('\\') + 1);
  if (!file.starts_with("winload") || !file.ends_with(loader_suffix(windows))) {
    return fmt::format("its path is {}", *path);
  }
  return {};
}

Result<Sight> look(const Installation& windows) {
  Sight sight;
  sight.objects = TRY(read_boot_objects(windows));
  sight.boot_manager = find_object(sight.objects, bcd::kBootManager);
  if (sight.boot_manager == nullptr) return sight;
  const Object& manager = *sight.boot_manager;
  if (const auto* id = value_of<ObjectId>(manager, bcd::element::default_object)) {
    sight.chosen = *id;
    sight.chosen_object = find_object(sight.objects, *id);
  }
  using Ids = std::vector<ObjectId>;
  if (const auto* order = value_of<Ids>(manager, bcd::element::display_order)) {
    sight.display_order = *order;
  }
  const Disk& disk = windows.disk();
  const partition::Partition* partition = disk.find_partition(windows.partition());
  if (partition == nullptr) return sight;
  for (const Object& object : sight.objects) {
    if (object.type != bcd::kOsLoader) continue;
    const auto* device = value_of<bcd::Device>(object, bcd::element::os_device);
    if (device == nullptr || !names_partition(*device, disk.table(), *partition)) {
      continue;
    }
    std::string reason = mismatch(object, windows);
    if (reason.empty()) {
      sight.loaders.push_back(&object);
    } else {
      sight.passed_over.push_back(fmt::format("{}: {}", name_of(object), reason));
    }
  }
  return sight;
}

// What is wrong with the default; "" where nothing is.
std::string wound(const Sight& sight) {
  if (sight.boot_manager == nullptr) {
    return "the boot store has no boot manager object, {bootmgr}";
  }
  if (!sight.chosen) return "the boot manager has no default entry";
  if (sight.chosen_object == nullptr) {
    return "the boot manager's default names no object";
  }
  bcd::ObjectType type = sight.chosen_object->type;
  if (type == bcd::kOsLoader || type == kNtldr || type == kBootSector) return {};
  return "the boot manager's default names an object that starts no system";
}

std::vector<std::string> evidence(const Sight& sight, const Installation& windows) {
  std::vector<std::string> facts;
  if (!sight.chosen) {
    facts.push_back("{bootmgr} has no readable element 23000003 (default)");
  } else if (sight.chosen_object == nullptr) {
    facts.push_back(fmt::format(
        "{{bootmgr}} element 23000003 (default) is {}, which is none of the store's {} "
        "objects",
        to_string(*sight.chosen), sight.objects.size()));
  } else {
    facts.push_back(
        fmt::format("{{bootmgr}} element 23000003 (default) is {}, of type {:#010x}",
                    name_of(*sight.chosen_object), sight.chosen_object->type));
  }
  std::vector<std::string> order;
  for (const ObjectId& id : sight.display_order) {
    const Object* object = find_object(sight.objects, id);
    order.push_back(object != nullptr ? name_of(*object)
                                      : fmt::format("{} (gone)", to_string(id)));
  }
  facts.push_back(
      fmt::format("displayorder: {}",
                  order.empty() ? "empty" : fmt::to_string(fmt::join(order, ", "))));
  for (const Object* loader : sight.loaders) {
    facts.push_back(fmt::format("{} starts {} on partition {}", name_of(*loader),
                                windows.root(), windows.partition()));
  }
  for (const std::string& other : sight.passed_over) {
    facts.push_back(fmt::format("names the same partition, but won't start {}: {}",
                                windows.root(), other));
  }
  return facts;
}

// Whether the boot manager has another entry to fall back on.
bool has_fallback(const Sight& sight) {
  return std::any_of(sight.display_order.begin(), sight.display_order.end(),
                     [&](const ObjectId& id) {
                       const Object* object = find_object(sight.objects, id);
                       return object != nullptr && object->type == bcd::kOsLoader;
                     });
}

// The one loader that is surely meant.
Result<const Object*> surely_meant(const Sight& sight, const Installation& windows) {
  if (sight.boot_manager == nullptr) {
    return Error(Errc::unsupported,
                 "the boot manager object is missing: the store has to be rebuilt");
  }
  if (sight.loaders.size() == 1) return sight.loaders[0];
  if (sight.loaders.empty()) {
    return Error(
        Errc::unsupported,
        fmt::format("no OS loader in the store has partition {} as its osdevice, "
                    "{} as its systemroot and a winload{} as its path",
                    windows.partition(), windows.root(), loader_suffix(windows)));
  }
  std::vector<std::string> names;
  for (const Object* loader : sight.loaders) names.push_back(name_of(*loader));
  return Error(Errc::unsupported,
               fmt::format("{} OS loaders start this Windows, and which one is meant "
                           "can't be told: {}; choose with bcdedit /set {{bootmgr}} "
                           "default",
                           names.size(), fmt::join(names, ", ")));
}

class BcdDefaultMissing final : public Recipe {
 public:
  std::string_view id() const override { return "bcd.default-missing"; }
  std::string_view summary() const override {
    return "the boot manager's default entry is absent, or names nothing that starts a "
           "system";
  }
  std::string_view reads() const override {
    return "the boot store: {bootmgr} default and displayorder, every OS loader";
  }
  std::string_view writes() const override {
    return "the boot store: {bootmgr} default; displayorder where the entry isn't in "
           "it";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const Installation& windows = *subject.windows;
    Sight sight = TRY(look(windows));
    std::string what = wound(sight);
    if (what.empty()) return Findings{};
    Finding finding;
    finding.recipe = id();
    finding.what = std::move(what);
    finding.where = windows.disk().show(*windows.boot().bcd);
    finding.evidence = evidence(sight, windows);
    finding.stops_boot = true;
    finding.status = has_fallback(sight) ? kEntryMissing : kNoEntry;
    return Findings{std::move(finding)};
  }

  Done mend(const Subject& subject, const Finding&, const Settings&,
            Plan& plan) const override {
    const Installation& windows = *subject.windows;
    Sight sight = TRY(look(windows));
    const Object* loader = TRY(surely_meant(sight, windows));
    const GuestPath& store = *windows.boot().bcd;
    plan.edits.push_back(
        {.action = BcdSet{.store = store,
                          .object = bcd::kBootManager,
                          .element = bcd::element::default_object,
                          .value = loader->id},
         .why = fmt::format(
             "{}, and {} is the only entry that starts {} on partition {}",
             wound(sight), name_of(*loader), windows.root(), windows.partition())});
    std::vector<ObjectId> order = sight.display_order;
    if (std::find(order.begin(), order.end(), loader->id) != order.end()) return {};
    order.push_back(loader->id);
    plan.edits.push_back(
        {.action = BcdSet{.store = store,
                          .object = bcd::kBootManager,
                          .element = bcd::element::display_order,
                          .value = std::move(order)},
         .why =
             "the boot manager looks for its default among the entries that it lists"});
    return {};
  }
};

}  // namespace

const Recipe& bcd_default_missing() {
  static const BcdDefaultMissing recipe;
  return recipe;
}

}  // namespace drydock::repair
