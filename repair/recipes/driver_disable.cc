// A driver that a person names is kept from loading: Start becomes 4 in every
// control set that Windows may start from, and the name is taken out of the
// filter lists of device classes and devices, because a filter that can't load
// keeps its whole device from starting.
//
// It judges nothing by itself: a stop code, a dump or an event log told the
// person which driver it is.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "repair/edit_words.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

constexpr std::uint32_t kDisabled = 4;

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

// Services that load into the kernel: [MS-SCMR] 3.1.4.12, dwServiceType.
constexpr std::uint64_t kKernelDriver = 1;
constexpr std::uint64_t kFileSystemDriver = 2;
constexpr std::uint64_t kRecognizerDriver = 8;

// Of one control set's Enum: a machine with ten thousand devices is unheard of.
constexpr std::size_t kDeviceKeyMax = 100'000;
// Names that a finding or an error lists.
constexpr std::size_t kNamesShownMax = 8;

// The text or number of a value; nothing where it is absent or something else.
std::optional<std::string> text_of(const hive::Hive& hive, hive::Key key,
                                   std::string_view name) {
  auto value = hive.value(key, name);
  return value ? value->text() : std::nullopt;
}
std::optional<std::uint64_t> number_of(const hive::Hive& hive, hive::Key key,
                                       std::string_view name) {
  auto value = hive.value(key, name);
  return value ? value->number() : std::nullopt;
}

// The driver in one control set.
struct Service {
  std::string key;  // "ControlSet001\Services\filecrypt"
  std::optional<std::uint64_t> start;
  std::optional<std::uint64_t> type;
  std::optional<std::uint64_t> error_control;
  std::string image_path;  // "" where the set has none
  std::string group;
};

// A filter list that names the driver.
struct FilterList {
  std::string key;    // "ControlSet001\Control\Class\{4d36e967-...}"
  std::string value;  // "UpperFilters"
  std::vector<std::string> names;
};

struct Sight {
  std::vector<Service> services;
  std::vector<FilterList> filters;
  std::vector<std::string> dependents;  // services that ask for it
  std::vector<std::string> notes;
};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& one) {
    return equal_ignoring_case(one, name);
  });
}

std::string_view start_word(std::optional<std::uint64_t> start) {
  constexpr std::array<std::string_view, 5> kWords = {
      "at boot", "at system start", "automatically", "on demand", "never"};
  if (!start || *start >= kWords.size()) return "in a way that Start doesn't tell";
  return kWords[*start];
}

std::string number_words(std::optional<std::uint64_t> number) {
  return number ? fmt::format("{}", *number) : "absent";
}

Service read_service(const hive::Hive& system, hive::Key at, std::string key) {
  Service service;
  service.key = std::move(key);
  service.start = number_of(system, at, "Start");
  service.type = number_of(system, at, "Type");
  service.error_control = number_of(system, at, "ErrorControl");
  service.image_path = text_of(system, at, "ImagePath").value_or("");
  service.group = text_of(system, at, "Group").value_or("");
  return service;
}

// Adds the filter lists of one class or device that name the driver.
void add_filters(const hive::Hive& system, hive::Key at, const std::string& key,
                 std::string_view driver, Sight& sight) {
  for (std::string_view name : {"UpperFilters", "LowerFilters"}) {
    auto value = system.value(at, name);
    if (!value) continue;
    auto names = value->texts();
    if (!names || !contains(*names, driver)) continue;
    sight.filters.push_back(
        {.key = key, .value = std::string(name), .names = *std::move(names)});
  }
}

// Class keys lie one below Control\Class, devices three below Enum: bus,
// device, instance.
Done walk_filters(const hive::Hive& system, const std::string& from, int depth,
                  std::string_view driver, Sight& sight, std::size_t& seen_count) {
  auto top = system.find(from);
  if (!top) return {};
  for (hive::Key key : TRY(system.subkeys(*top))) {
    if (++seen_count > kDeviceKeyMax) {
      return Error(Errc::unsupported,
                   fmt::format("there are more than {} devices", kDeviceKeyMax))
          .in(from);
    }
    std::string path = fmt::format("{}\\{}", from, TRY(system.name(key)));
    if (depth == 1) {
      add_filters(system, key, path, driver, sight);
    } else {
      TRY(walk_filters(system, path, depth - 1, driver, sight, seen_count));
    }
  }
  return {};
}

// Services of a set, by their names, that can't start without the driver.
Done add_dependents(const hive::Hive& system, const std::string& services,
                    std::string_view driver, Sight& sight) {
  for (hive::Key key : TRY(system.subkeys(TRY(system.find(services))))) {
    auto value = system.value(key, "DependOnService");
    if (!value) continue;
    auto names = value->texts();
    if (!names || !contains(*names, driver)) continue;
    std::string name = TRY(system.name(key));
    if (!contains(sight.dependents, name)) sight.dependents.push_back(std::move(name));
  }
  return {};
}

// Names in `services` that a person may have meant.
std::vector<std::string> alike(const hive::Hive& system, const std::string& services,
                               std::string_view driver) {
  std::string wanted = ascii_lower(driver);
  if (wanted.ends_with(".sys")) wanted.resize(wanted.size() - 4);
  std::vector<std::string> names;
  auto top = system.find(services);
  if (!top) return names;
  auto keys = system.subkeys(*top);
  if (!keys) return names;
  for (hive::Key key : *keys) {
    auto name = system.name(key);
    if (!name) continue;
    std::string image = ascii_lower(text_of(system, key, "ImagePath").value_or(""));
    bool near = ascii_lower(*name).find(wanted) != std::string::npos ||
                image.find("\\" + wanted) != std::string::npos;
    if (near && names.size() < kNamesShownMax) names.push_back(*name);
  }
  return names;
}

Error no_such_service(const hive::Hive& system, const std::vector<std::string>& sets,
                      std::string_view driver) {
  std::vector<std::string> near = alike(system, sets[0], driver);
  return Error(
      Errc::not_found,
      fmt::format("there is no service {} in {}{}", driver, fmt::join(sets, " or "),
                  near.empty() ? std::string()
                               : fmt::format("; there are {}", fmt::join(near, ", "))));
}

Result<Sight> look(const Installation& windows, std::string_view driver) {
  const hive::Hive* system = TRY(windows.system());
  if (system->dirty()) {
    return Error(Errc::busy, "its logs hold changes that the hive lacks")
        .in(windows.disk().show(windows.hive_path("SYSTEM")));
  }
  ControlSets sets = TRY(read_control_sets(*system));
  CurrentKeys services = TRY(keys_in_control_sets(sets, "Services"));
  Sight sight;
  sight.notes = services.notes;
  for (const std::string& key : services.keys) {
    std::string path = fmt::format("{}\\{}", key, driver);
    auto found = system->find(path);
    if (!found) {
      sight.notes.push_back(fmt::format("{} isn't there, and isn't made", path));
      continue;
    }
    sight.services.push_back(read_service(*system, *found, std::move(path)));
    TRY(add_dependents(*system, key, driver, sight));
  }
  if (sight.services.empty()) return no_such_service(*system, services.keys, driver);
  std::size_t seen_count = 0;
  for (std::uint32_t number : sets.to_edit()) {
    std::string set = control_set_name(number);
    TRY(walk_filters(*system, set + "\\Control\\Class", 1, driver, sight, seen_count));
    TRY(walk_filters(*system, set + "\\Enum", 3, driver, sight, seen_count));
  }
  return sight;
}

// The name that was asked for, where it may be disabled at all.
Result<std::string> chosen_driver(const Settings& settings) {
  auto setting = settings.find("driver");
  if (setting == settings.end() || setting->second.empty()) {
    return Error(Errc::bad_argument,
                 "which driver is meant has to be said: --set driver=NAME, a service");
  }
  const std::string& driver = setting->second;
  if (driver.find('\\') != std::string::npos) {
    return Error(Errc::bad_argument,
                 fmt::format("{} isn't a service's name; it is the key below Services, "
                             "often the file's name without .sys",
                             driver));
  }
  for (std::string_view name : kIndispensable) {
    if (!equal_ignoring_case(name, driver)) continue;
    return Error(
        Errc::bad_argument,
        fmt::format("{} is one of the drivers without which no Windows reaches "
                    "its disk: without it every start ends in stop code 0x7B",
                    name));
  }
  return driver;
}

Done refuse_other_services(const Sight& sight, std::string_view driver) {
  for (const Service& service : sight.services) {
    if (!service.type || *service.type == kKernelDriver ||
        *service.type == kFileSystemDriver || *service.type == kRecognizerDriver) {
      continue;
    }
    return Error(Errc::bad_argument,
                 fmt::format("{} is a service of type {:#x}, and no driver", driver,
                             *service.type))
        .in(service.key);
  }
  return {};
}

bool wants_disabling(const Service& service) { return service.start != kDisabled; }

std::string image_name(const Service& service, std::string_view driver) {
  // Without an ImagePath, Windows looks for the driver by its service's name.
  if (service.image_path.empty()) return fmt::format("{}.sys", driver);
  return service.image_path.substr(service.image_path.find_last_of("\\/") + 1);
}

std::vector<std::string> evidence(const Sight& sight) {
  std::vector<std::string> facts;
  for (const Service& service : sight.services) {
    facts.push_back(fmt::format(
        "{}: Start {} ({}), Type {}, ErrorControl {}, Group {}, ImagePath {}",
        service.key, number_words(service.start), start_word(service.start),
        number_words(service.type), number_words(service.error_control),
        service.group.empty() ? "absent" : service.group,
        service.image_path.empty() ? "absent" : service.image_path));
  }
  for (const FilterList& list : sight.filters) {
    facts.push_back(
        fmt::format("{} {}: {}", list.key, list.value, fmt::join(list.names, ", ")));
  }
  if (!sight.dependents.empty()) {
    facts.push_back(
        fmt::format("can't start without it: {}", fmt::join(sight.dependents, ", ")));
  }
  return facts;
}

// What a person should weigh before this driver is taken away.
void add_warnings(const Sight& sight, std::string_view driver, Plan& plan) {
  plan.notes.insert(plan.notes.end(), sight.notes.begin(), sight.notes.end());
  for (const Service& service : sight.services) {
    std::string group = ascii_lower(service.group);
    bool storage = group == "scsi miniport" || group == "scsi class" ||
                   group == "primary disk" || group == "boot bus extender" ||
                   group == "system bus extender";
    if (!storage || service.start != 0) continue;
    plan.notes.push_back(
        fmt::format("{} starts at boot in group {}: if the machine's disk hangs on it, "
                    "Windows will stop with 0x7B, and undo brings it back",
                    driver, service.group));
    break;
  }
  if (!sight.dependents.empty()) {
    plan.notes.push_back(fmt::format("without {} these services won't start: {}",
                                     driver, fmt::join(sight.dependents, ", ")));
  }
}

class DriverDisable final : public Recipe {
 public:
  std::string_view id() const override { return "driver.disable"; }
  std::string_view summary() const override {
    return "a driver that you name is to be kept from loading";
  }
  std::string_view reads() const override {
    return "SYSTEM: the driver's service, the filters of every class and device";
  }
  std::string_view writes() const override {
    return "SYSTEM: Start=4 of the service, its name in UpperFilters and LowerFilters, "
           "in each control set that Select names";
  }
  std::vector<Setting> settings() const override {
    return {{.name = "driver",
             .meaning = "the driver's service: its key below Services",
             .required = true}};
  }
  Unasked unasked() const override { return Unasked::nothing; }

  Result<Findings> examine(const Subject& subject,
                           const Settings& settings) const override {
    const Installation& windows = *subject.windows;
    std::string driver = TRY(chosen_driver(settings));
    Sight sight = TRY(look(windows, driver));
    TRY(refuse_other_services(sight, driver));
    auto first =
        std::find_if(sight.services.begin(), sight.services.end(), wants_disabling);
    if (first == sight.services.end() && sight.filters.empty()) return Findings{};
    Finding finding;
    finding.recipe = id();
    finding.where =
        fmt::format("{} {}", windows.disk().show(windows.hive_path("SYSTEM")),
                    first == sight.services.end() ? sight.filters[0].key : first->key);
    finding.what =
        first == sight.services.end()
            ? fmt::format("{} is disabled, but devices still ask for it as a filter",
                          driver)
            : fmt::format("{} is to be disabled, and starts {}", driver,
                          start_word(first->start));
    finding.evidence = evidence(sight);
    finding.image_name = image_name(sight.services[0], driver);
    return Findings{std::move(finding)};
  }

  Done mend(const Subject& subject, const Finding&, const Settings& settings,
            Plan& plan) const override {
    const Installation& windows = *subject.windows;
    std::string driver = TRY(chosen_driver(settings));
    Sight sight = TRY(look(windows, driver));
    TRY(refuse_other_services(sight, driver));
    GuestPath hive = windows.hive_path("SYSTEM");
    for (const Service& service : sight.services) {
      if (!wants_disabling(service)) continue;
      plan.edits.push_back(
          {.action = RegistrySet{.hive = hive,
                                 .key = service.key,
                                 .value = hive::Value::dword("Start", kDisabled)},
           .why = fmt::format("{} is to be disabled", driver)});
    }
    for (const FilterList& list : sight.filters) {
      plan.edits.push_back(
          {.action = without(hive, list, driver),
           .why =
               fmt::format("a filter that can't load keeps its devices from starting, "
                           "and {} is to be disabled",
                           driver)});
    }
    add_warnings(sight, driver, plan);
    return {};
  }

 private:
  // The list without the driver; without any name left, no list.
  static Action without(const GuestPath& hive, const FilterList& list,
                        std::string_view driver) {
    std::vector<std::string> rest;
    for (const std::string& name : list.names) {
      if (!equal_ignoring_case(name, driver)) rest.push_back(name);
    }
    if (rest.empty()) {
      return RegistryDelete{.hive = hive, .key = list.key, .value = list.value};
    }
    return RegistrySet{.hive = hive,
                       .key = list.key,
                       .value = hive::Value::multi_sz(list.value, rest)};
  }
};

}  // namespace

const Recipe& driver_disable() {
  static const DriverDisable recipe;
  return recipe;
}

}  // namespace drydock::repair
