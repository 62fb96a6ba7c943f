#include "repair/driver/disable.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>

#include "repair/control_sets.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

using repair::Installation;

// Without one of these no Windows reaches its disk, its registry or its
// memory: buses, the storage stack, file systems, and what they stand on.  The
// first fifteen are those that Azure's win-fix-inaccessible-boot-device keeps
// at boot start.
constexpr std::array<std::string_view, 35> kIndispensable = {
    "acpi", "pci", "vdrvroot", "intelide", "pciide", "atapi", "storahci", "vmbus",
    "storvsc", "storport", "disk", "partmgr", "volmgr", "mountmgr", "volsnap",
    // The rest of the same chain.
    "acpiex", "vpci", "stornvme", "msisadrv", "spaceport", "volmgrx", "volume",
    "fvevol", "classpnp", "ntfs", "fltmgr", "wof", "fastfat", "clfs", "cng", "ksecdd",
    "ksecpkg", "wdf01000", "werkernel", "pdc"};

// The classes of the devices between a machine and its boot volume.
struct StorageClass {
  std::string_view id;
  std::string_view words;
};
constexpr std::array<StorageClass, 4> kStorageClasses = {{
    {"{4d36e967-e325-11ce-bfc1-08002be10318}", "a disk"},
    {"{4d36e96a-e325-11ce-bfc1-08002be10318}", "an IDE or AHCI controller"},
    {"{4d36e97b-e325-11ce-bfc1-08002be10318}", "a storage controller"},
    {"{71a27cdd-812a-11d0-bec7-08002be2092f}", "a volume"},
}};

// Names that an error lists.
constexpr std::size_t kNamesShownMax = 8;

constexpr auto kDisabled = static_cast<std::uint32_t>(Start::disabled);

// Services of a set, by their names, that can't start without the driver.
Done add_dependents(const hive::Hive& system, const std::string& services,
                    Sight& sight) {
  for (hive::Key key : TRY(system.subkeys(TRY(system.find(services))))) {
    auto names = texts_of(system, key, "DependOnService");
    if (!names || !has_name(*names, sight.name)) continue;
    std::string name = TRY(system.name(key));
    if (!has_name(sight.dependents, name)) sight.dependents.push_back(std::move(name));
  }
  return {};
}

// Names in `services` that a person may have meant.
std::vector<std::string> alike(const hive::Hive& system, const std::string& services,
                               std::string_view name) {
  std::string wanted = ascii_lower(name);
  if (wanted.ends_with(".sys")) wanted.resize(wanted.size() - 4);
  std::vector<std::string> names;
  auto top = system.find(services);
  if (!top) return names;
  auto keys = system.subkeys(*top);
  if (!keys) return names;
  for (hive::Key key : *keys) {
    auto found = system.name(key);
    if (!found) continue;
    std::string image = ascii_lower(text_of(system, key, "ImagePath").value_or(""));
    bool near = ascii_lower(*found).find(wanted) != std::string::npos ||
                image.find("\\" + wanted) != std::string::npos;
    if (near && names.size() < kNamesShownMax) names.push_back(*found);
  }
  return names;
}

Error no_such_service(const hive::Hive& system, const std::vector<std::string>& sets,
                      std::string_view name) {
  std::vector<std::string> near = alike(system, sets[0], name);
  return Error(
      Errc::not_found,
      fmt::format("there is no service {} in {}{}", name, fmt::join(sets, " or "),
                  near.empty() ? std::string()
                               : fmt::format("; there are {}", fmt::join(near, ", "))));
}

// Devices that storage hangs on, and whose own driver it is.
Done add_devices(const hive::Hive& system, const std::string& set, Sight& sight) {
  return visit_devices(system, set, [&](hive::Key key, const std::string& path) {
    if (!equal_ignoring_case(text_of(system, key, "Service").value_or(""), sight.name))
      return;
    std::string id = text_of(system, key, "ClassGUID").value_or("");
    for (const StorageClass& one : kStorageClasses) {
      if (!equal_ignoring_case(one.id, id)) continue;
      sight.devices.push_back(fmt::format("{}, {}", path, one.words));
    }
  });
}

// Windows before 8 loads these before it knows any device; tools that bring a driver
// into a disk write there still.
Done add_critical_database(const hive::Hive& system, const std::string& set,
                           Sight& sight) {
  auto top = system.find(set + "\\Control\\CriticalDeviceDatabase");
  if (!top) return {};
  for (hive::Key key : TRY(system.subkeys(*top))) {
    std::string service = text_of(system, key, "Service").value_or("");
    if (equal_ignoring_case(service, sight.name)) sight.in_critical_database = true;
  }
  return {};
}

Done refuse_other_services(const Sight& sight) {
  for (const ServiceKey& service : sight.services) {
    if (service.may_be_driver()) continue;
    return Error(Errc::bad_argument,
                 fmt::format("{} is a service of type {:#x}, and no driver", sight.name,
                             *service.type))
        .in(service.key);
  }
  return {};
}

// What a person should weigh before this driver is taken away.
void add_warnings(const Sight& sight, repair::Plan& plan) {
  plan.notes.insert(plan.notes.end(), sight.notes.begin(), sight.notes.end());
  for (const ServiceKey& service : sight.services) {
    std::string group = ascii_lower(service.group);
    bool storage = group == "scsi miniport" || group == "scsi class" ||
                   group == "primary disk" || group == "boot bus extender" ||
                   group == "system bus extender";
    if (!storage || service.start != 0) continue;
    plan.notes.push_back(
        fmt::format("{} starts at boot in group {}: if the machine's disk hangs on it, "
                    "Windows will stop with 0x7B, and undo brings it back",
                    sight.name, service.group));
    break;
  }
  if (!sight.dependents.empty()) {
    plan.notes.push_back(fmt::format("without {} these services won't start: {}",
                                     sight.name, fmt::join(sight.dependents, ", ")));
  }
}

// What a value of a key is to be, which is `now`; kDisabled where Start isn't there.
using StartOf = std::function<std::uint32_t(const std::string& key,
                                            std::string_view name, std::uint64_t now)>;

// Start, and what counts instead, of each control set.
void add_starts(const repair::GuestPath& hive, const Sight& sight,
                const StartOf& start_of, const std::string& why, repair::Plan& plan) {
  auto add = [&](const std::string& key, std::string_view name,
                 std::optional<std::uint64_t> now) {
    std::uint32_t start = start_of(key, name, now.value_or(kDisabled));
    if (now == start) return;
    plan.edits.push_back(
        {.action =
             repair::RegistrySet{
                 .hive = hive, .key = key, .value = hive::Value::dword(name, start)},
         .why = why});
  };
  for (const ServiceKey& service : sight.services) {
    add(service.key, "Start", service.start);
    for (const auto& [name, number] : service.overrides) {
      add(service.key + "\\StartOverride", name, number);
    }
  }
}

bool is_indispensable(std::string_view name) {
  return std::any_of(
      kIndispensable.begin(), kIndispensable.end(),
      [&](std::string_view one) { return equal_ignoring_case(one, name); });
}

}  // namespace

Result<Sight> look_at(const Installation& windows, std::string_view name) {
  if (name.empty()) {
    return Error(Errc::bad_argument,
                 "the name of a service is wanted, and it is empty");
  }
  if (name.find('\\') != std::string_view::npos) {
    return Error(Errc::bad_argument,
                 fmt::format("{} isn't a service's name; it is the key below Services, "
                             "often the file's name without .sys",
                             name));
  }
  const hive::Hive* system = TRY(windows.system());
  if (system->dirty()) {
    return Error(Errc::busy, "its logs hold changes that the hive lacks")
        .in(windows.disk().show(windows.hive_path("SYSTEM")));
  }
  repair::ControlSets sets = TRY(repair::read_control_sets(*system));
  repair::CurrentKeys services = TRY(repair::keys_in_control_sets(sets, "Services"));
  Sight sight;
  sight.name = name;
  sight.notes = services.notes;
  for (const std::string& key : services.keys) {
    std::string path = fmt::format("{}\\{}", key, name);
    auto found = system->find(path);
    if (!found) {
      sight.notes.push_back(fmt::format("{} isn't there, and isn't made", path));
      continue;
    }
    sight.services.push_back(read_service_key(*system, *found, std::move(path)));
    TRY(add_dependents(*system, key, sight));
  }
  if (sight.services.empty()) return no_such_service(*system, services.keys, name);
  TRY(refuse_other_services(sight));
  for (std::uint32_t number : sets.to_edit()) {
    std::string set = repair::control_set_name(number);
    for (FilterList& list : TRY(read_filter_lists(*system, set))) {
      if (has_name(list.names, name)) sight.filters.push_back(std::move(list));
    }
    TRY(add_devices(*system, set, sight));
    TRY(add_critical_database(*system, set, sight));
  }
  return sight;
}

std::optional<std::string> why_always_needed(std::string_view name) {
  if (!is_indispensable(name)) return std::nullopt;
  return fmt::format(
      "{} is one of the drivers without which no Windows reaches "
      "its disk: without it every start ends in stop code 0x7B",
      name);
}

std::optional<std::string> why_needed(const Sight& sight) {
  if (auto why = why_always_needed(sight.name)) return why;
  bool at_boot =
      std::any_of(sight.services.begin(), sight.services.end(),
                  [](const ServiceKey& service) { return service.start == 0; });
  if (at_boot && !sight.devices.empty()) {
    return fmt::format(
        "{} starts at boot and drives {}: if the boot disk hangs on that, "
        "every start ends in stop code 0x7B",
        sight.name, sight.devices[0]);
  }
  return std::nullopt;
}

void plan_disable(const Installation& windows, const Sight& sight, repair::Plan& plan) {
  repair::GuestPath hive = windows.hive_path("SYSTEM");
  auto disabled = [](const std::string&, std::string_view, std::uint64_t) {
    return kDisabled;
  };
  add_starts(hive, sight, disabled, fmt::format("{} is to be disabled", sight.name),
             plan);
  auto others = [&](const std::string& name) {
    return !equal_ignoring_case(name, sight.name);
  };
  for (const FilterList& list : sight.filters) {
    plan.edits.push_back(
        {.action = shortened(hive, list, others),
         .why = fmt::format("a filter that can't load keeps its devices from starting, "
                            "and {} is to be disabled",
                            sight.name)});
  }
  add_warnings(sight, plan);
}

std::optional<KnownStart> known_start(const Sight& sight) {
  for (const ServiceKey& service : sight.services) {
    if (!service.start || *service.start >= kDisabled) continue;
    return KnownStart{.start = static_cast<Start>(*service.start),
                      .source = fmt::format("{} says so", service.key)};
  }
  if (is_indispensable(sight.name)) {
    return KnownStart{.start = Start::boot,
                      .source = "no Windows reaches its disk without it"};
  }
  if (sight.in_critical_database) {
    return KnownStart{.start = Start::boot,
                      .source = "CriticalDeviceDatabase names it"};
  }
  return std::nullopt;
}

bool is_disabled(const Sight& sight) {
  auto keeps = [](const auto& one) { return one.second >= kDisabled; };
  return std::ranges::any_of(sight.services, [&](const ServiceKey& service) {
    return service.start.value_or(0) >= kDisabled ||
           std::ranges::any_of(service.overrides, keeps);
  });
}

void plan_enable(const Installation& windows, const Sight& sight,
                 const KnownStart& start, repair::Plan& plan) {
  auto was = [&](const std::string& key, std::string_view name, std::uint64_t now) {
    auto known = start.before.find(ascii_lower(fmt::format("{} {}", key, name)));
    if (known != start.before.end()) return known->second;
    bool wanted = start.asked || now >= kDisabled;
    return wanted ? static_cast<std::uint32_t>(start.start)
                  : static_cast<std::uint32_t>(now);
  };
  add_starts(
      windows.hive_path("SYSTEM"), sight, was,
      fmt::format("{} is to start {}: {}", sight.name,
                  start_words(static_cast<std::uint64_t>(start.start)), start.source),
      plan);
  plan.notes.insert(plan.notes.end(), sight.notes.begin(), sight.notes.end());
  if (!plan.edits.empty() && sight.filters.empty()) {
    plan.notes.push_back(
        fmt::format("no device and no class has {} as a filter; if one had, undo of "
                    "what disabled it is what knows where",
                    sight.name));
  }
}

}  // namespace drydock::driver
