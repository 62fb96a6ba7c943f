#include "repair/driver/database.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "repair/control_sets.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

using hive::Value;
using hive::ValueType;

constexpr char kDatabase[] = "DriverDatabase";
constexpr char kDeviceIds[] = "DriverDatabase\\DeviceIds";
constexpr char kInfFiles[] = "DriverDatabase\\DriverInfFiles";
constexpr char kPackages[] = "DriverDatabase\\DriverPackages";
constexpr char kCritical[] = "Control\\CriticalDeviceDatabase";

// Beyond this a list of names of one device is no machine's.
constexpr std::size_t kIdDepthMax = 8;
constexpr std::size_t kIdKeyCountMax = 200'000;

// How near a match is: the device's own id in the INF's first place, or in a later one.
constexpr std::byte kHardwareMatch{1};
constexpr std::byte kCompatibleMatch{2};

// DriverPackages\...\Version.
struct PackageVersion {
  le16 kind = 0xff00;  // +0x00  so in every package
  le16 machine = 0;    // +0x02  PROCESSOR_ARCHITECTURE_*
  le32 unknown = 0;    // +0x04  0
  Guid class_guid;     // +0x08
  le64 date = 0;       // +0x18  of DriverVer, at midnight
  le64 version = 0;    // +0x20  100.93.104.24000: 16 bits each, the first on top
  le64 unknown_2 = 0;  // +0x28  0
};
static_assert(OnDisk<PackageVersion> && sizeof(PackageVersion) == 48);

// PROCESSOR_ARCHITECTURE_*, by Architecture's numbers.
constexpr std::array<std::uint16_t, 5> kMachines = {0, 9, 5, 12, 6};

// The numbers in "07/21/2023" or "100.93.104.24000".
std::array<std::uint32_t, 4> numbers_in(std::string_view text, char separator) {
  std::array<std::uint32_t, 4> numbers{};
  for (std::uint32_t& number : numbers) {
    std::string_view part = text.substr(0, text.find(separator));
    std::from_chars(part.data(), part.data() + part.size(), number);
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
  return numbers;
}

// 0 for what is no date.
FileTime time_of_date(std::string_view date) {
  using namespace std::chrono;
  auto [month_number, day_number, year_number, unused] = numbers_in(date, '/');
  if (year_number < 1601 || year_number > 9999) return 0;
  year_month_day day{year{static_cast<int>(year_number)}, month{month_number},
                     std::chrono::day{day_number}};
  if (!day.ok()) return 0;
  auto days = sys_days(day) - sys_days(year{1601} / January / 1);
  constexpr FileTime kTicksPerDay = FileTime{24} * 3600 * 10'000'000;
  return static_cast<FileTime>(days.count()) * kTicksPerDay;
}

Value version_value(const PackageFacts& facts, Architecture architecture) {
  PackageVersion version;
  version.machine = kMachines[static_cast<std::size_t>(architecture)];
  version.class_guid = facts.class_guid;
  version.date = time_of_date(facts.date);
  std::uint64_t number = 0;
  for (std::uint32_t part : numbers_in(facts.version, '.')) {
    number = number << 16 | (part & 0xffff);
  }
  version.version = number;
  return Value::binary("Version", bytes_of(version));
}

// Its parts become keys.
bool is_device_id(std::string_view id) {
  return !id.empty() && !id.starts_with('\\') && !id.ends_with('\\') &&
         id.find("\\\\") == std::string_view::npos &&
         static_cast<std::size_t>(std::count(id.begin(), id.end(), '\\')) < kIdDepthMax;
}

// An install section that the kernel can carry out alone: a service, and values of the
// device.  What else there is -- a class installer, the driver's own key -- Windows
// does once it is up.
bool kernel_can_install(const Install& install) {
  return install.function_driver() != nullptr && install.driver_registry.empty() &&
         !install.needs_other_files;
}

// Values of one hive, for one reason.
class Edits {
 public:
  Edits(repair::GuestPath hive, std::string why, repair::Plan& plan)
      : hive_(std::move(hive)), why_(std::move(why)), plan_(plan) {}

  void set(std::string key, Value value) {
    add(repair::RegistrySet{
        .hive = hive_, .key = std::move(key), .value = std::move(value)});
  }
  void remove(std::string key, std::optional<std::string> value = {}) {
    add(repair::RegistryDelete{
        .hive = hive_, .key = std::move(key), .value = std::move(value)});
  }

 private:
  void add(repair::Action action) {
    plan_.edits.push_back({.action = std::move(action), .why = why_});
  }

  repair::GuestPath hive_;
  std::string why_;
  repair::Plan& plan_;
};

// "%Vendor%" to "vendor"; nothing for what is no string's name.
std::optional<std::string> string_name(std::string_view field) {
  if (field.size() < 3 || !field.starts_with('%') || !field.ends_with('%')) {
    return std::nullopt;
  }
  std::string name = ascii_lower(field.substr(1, field.size() - 2));
  if (name.find('%') != std::string::npos) return std::nullopt;
  return name;
}

void set_text(Edits& edits, const std::string& package, std::string_view value,
              const std::string& field, const std::string& text, std::string_view id) {
  std::string key = fmt::format("{}\\Descriptors\\{}", package, id);
  auto name = string_name(field);
  edits.set(key, Value::sz(value, name ? ascii_lower(field) : text));
  if (name) edits.set(package + "\\Strings", Value::sz(*name, text));
}

// One id of a device.
void plan_id(Edits& edits, const DatabaseEntry& entry, const Device& device,
             std::string_view id, std::byte match) {
  const std::byte rank[4] = {match, std::byte{0xff}, std::byte{0}, std::byte{0}};
  edits.set(fmt::format("{}\\{}", kDeviceIds, id),
            Value::binary(entry.names.inf, rank));
  const Install& install = entry.package.installs[device.install_index];
  if (!kernel_can_install(install)) return;
  std::string package = fmt::format("{}\\{}", kPackages, entry.names.folder);
  edits.set(fmt::format("{}\\Descriptors\\{}", package, id),
            Value::sz("Configuration", install.section));
  set_text(edits, package, "Description", device.description_field, device.description,
           id);
  set_text(edits, package, "Manufacturer", device.manufacturer_field,
           device.manufacturer, id);
}

Done plan_ids(Edits& edits, const DatabaseEntry& entry) {
  for (const Device& device : entry.package.devices) {
    std::vector<std::string_view> ids(device.compatible_ids.begin(),
                                      device.compatible_ids.end());
    if (!device.hardware_id.empty()) ids.push_back(device.hardware_id);
    for (std::string_view id : ids) {
      if (!is_device_id(id)) {
        return Error(Errc::corrupt, fmt::format("\"{}\" is no id of a device", id));
      }
      bool own = id == device.hardware_id;
      plan_id(edits, entry, device, id, own ? kHardwareMatch : kCompatibleMatch);
    }
  }
  return {};
}

// OemInfMap: bit N, the highest first, says that oemN.inf is in use: 0x80 after the
// first driver.
void mark_inf_name(Edits& edits, const hive::Hive& system, std::string_view inf,
                   bool used) {
  auto database = system.find(kDatabase);
  if (!database) return;
  auto map = system.value(*database, "OemInfMap");
  if (!map || map->type != ValueType::binary || !inf.starts_with("oem")) return;
  std::uint32_t number = 0;
  std::from_chars(inf.data() + 3, inf.data() + inf.size(), number);
  constexpr std::uint32_t kMapSizeMax = 4096;  // 32,768 drivers
  if (number / 8 >= kMapSizeMax) return;
  if (map->data.size() <= number / 8) {
    if (!used) return;
    map->data.resize(number / 8 + 1);
  }
  std::byte bit{static_cast<std::uint8_t>(0x80 >> number % 8)};
  std::byte& held = map->data[number / 8];
  held = used ? held | bit : held & ~bit;
  edits.set(kDatabase, std::move(*map));
}

void plan_package(Edits& edits, const DatabaseEntry& entry) {
  const PackageFacts& facts = entry.package.facts;
  std::string inf_key = fmt::format("{}\\{}", kInfFiles, entry.names.inf);
  edits.set(inf_key, Value::multi_sz("", {entry.names.folder}));
  edits.set(inf_key, Value::sz("Active", entry.names.folder));
  std::string key = fmt::format("{}\\{}", kPackages, entry.names.folder);
  edits.set(key, Value::sz("", entry.names.inf));
  edits.set(key, version_value(facts, entry.architecture));
  edits.set(key, Value::sz("Provider", facts.provider));
  edits.set(key, Value::sz("InfName", entry.names.inf_title));
  if (!facts.catalog.empty()) edits.set(key, Value::sz("Catalog", facts.catalog));
  edits.set(key, Value::dword("SignerScore", entry.signer_score));
}

Done plan_configurations(Edits& edits, const DatabaseEntry& entry,
                         RegistryWriter& writer, const std::string& why) {
  std::vector<std::string> names;
  for (const Install& install : entry.package.installs) {
    if (!kernel_can_install(install)) continue;
    names.push_back(install.section);
    std::string key = fmt::format("{}\\{}\\Configurations\\{}", kPackages,
                                  entry.names.folder, install.section);
    edits.set(key, Value::dword("ConfigFlags", 0));
    edits.set(key, Value::sz("Service", install.function_driver()->name));
    TRY(writer.write(install.device_registry, key + "\\Device", why));
  }
  if (names.empty()) return {};
  edits.set(fmt::format("{}\\{}", kInfFiles, entry.names.inf),
            Value::multi_sz("Configurations", names));
  return {};
}

// Of Windows before 8: what is needed before a service runs, by the device's id.
Done plan_critical_devices(Edits& edits, const hive::Hive& system,
                           const DatabaseEntry& entry) {
  repair::ControlSets sets = TRY(repair::read_control_sets(system));
  std::vector<std::string> tops =
      TRY(repair::keys_in_control_sets(sets, kCritical)).keys;
  for (const Device& device : entry.package.devices) {
    const Install& install = entry.package.installs[device.install_index];
    const Service* service = install.function_driver();
    if (service == nullptr) continue;
    std::vector<std::string> ids = device.compatible_ids;
    if (!device.hardware_id.empty()) ids.push_back(device.hardware_id);
    for (std::string& id : ids) {
      if (!is_device_id(id)) {
        return Error(Errc::corrupt, fmt::format("\"{}\" is no id of a device", id));
      }
      std::replace(id.begin(), id.end(), '\\', '#');
      for (const std::string& top : tops) {
        std::string key = fmt::format("{}\\{}", top, id);
        edits.set(key, Value::sz("Service", service->name));
        edits.set(key,
                  Value::sz("ClassGUID", to_string(entry.package.facts.class_guid)));
      }
    }
  }
  return {};
}

// The text of a value of a key; "" where there is none.
std::string text_at(const hive::Hive& system, const std::string& key,
                    std::string_view value) {
  auto found = system.find(key);
  if (!found) return {};
  auto held = system.value(*found, value);
  return held ? held->text().value_or("") : "";
}

// Every place below DeviceIds that names `inf`.
Done forget_ids(Edits& edits, const hive::Hive& system, std::string_view inf) {
  struct Place {
    hive::Key key;
    std::string path;
    std::size_t depth;
  };
  auto top = system.find(kDeviceIds);
  if (!top) return {};
  std::vector<Place> waiting = {{*top, kDeviceIds, 0}};
  std::size_t seen_count = 0;
  while (!waiting.empty()) {
    Place place = std::move(waiting.back());
    waiting.pop_back();
    if (++seen_count > kIdKeyCountMax) {
      return Error(Errc::unsupported,
                   "DriverDatabase names more devices than there are")
          .in(kDeviceIds);
    }
    std::vector<Value> values = TRY(system.values(place.key));
    std::vector<hive::Key> subkeys = TRY(system.subkeys(place.key));
    for (const Value& value : values) {
      if (!equal_ignoring_case(value.name, inf)) continue;
      bool alone = values.size() == 1 && subkeys.empty();
      alone ? edits.remove(place.path) : edits.remove(place.path, value.name);
    }
    if (place.depth == kIdDepthMax) continue;
    for (hive::Key key : subkeys) {
      std::string name = TRY(system.name(key));
      waiting.push_back({key, place.path + "\\" + name, place.depth + 1});
    }
  }
  return {};
}

}  // namespace

bool has_driver_database(const hive::Hive& system) {
  return static_cast<bool>(system.find(kDatabase));
}

bool is_installed_at_once(const Install& install, const hive::Hive& system) {
  if (has_driver_database(system)) return kernel_can_install(install);
  return install.function_driver() != nullptr;
}

std::string free_inf_name(const hive::Hive& system,
                          const std::vector<std::string>& taken) {
  for (std::uint32_t number = 0;; ++number) {
    std::string name = fmt::format("oem{}.inf", number);
    bool used = std::any_of(taken.begin(), taken.end(), [&](const std::string& one) {
      return equal_ignoring_case(one, name);
    });
    if (!used && !system.find(fmt::format("{}\\{}", kInfFiles, name))) return name;
  }
}

std::optional<std::string> inf_name_of(const hive::Hive& system,
                                       std::string_view folder) {
  std::string name = text_at(system, fmt::format("{}\\{}", kPackages, folder), "");
  if (name.empty()) return std::nullopt;
  return name;
}

Done plan_database(const repair::Installation& windows, const hive::Hive& system,
                   const DatabaseEntry& entry, RegistryWriter& writer,
                   repair::Plan& plan) {
  std::string why = fmt::format("{} is to be known for its devices", entry.names.inf);
  Edits edits(windows.hive_path("SYSTEM"), why, plan);
  if (!has_driver_database(system)) {
    return plan_critical_devices(edits, system, entry);
  }
  plan_package(edits, entry);
  TRY(plan_configurations(edits, entry, writer, why));
  TRY(plan_ids(edits, entry));
  // By its class, for a person who picks a driver from a list.
  edits.set(
      fmt::format("{}\\{}", kDeviceIds, to_string(entry.package.facts.class_guid)),
      Value{.name = entry.names.inf, .type = ValueType::none, .data = {}});
  mark_inf_name(edits, system, entry.names.inf, true);
  return {};
}

Done plan_forgetting(const repair::Installation& windows, const hive::Hive& system,
                     std::string_view inf, std::string_view folder,
                     const std::vector<std::string>& services, repair::Plan& plan) {
  Edits edits(windows.hive_path("SYSTEM"), fmt::format("{} is removed", inf), plan);
  TRY(forget_ids(edits, system, inf));
  std::vector<std::string> keys = {fmt::format("{}\\{}", kInfFiles, inf)};
  if (!folder.empty()) keys.push_back(fmt::format("{}\\{}", kPackages, folder));
  for (std::string& key : keys) {
    if (system.find(key)) edits.remove(std::move(key));
  }
  mark_inf_name(edits, system, inf, false);
  repair::ControlSets sets = TRY(repair::read_control_sets(system));
  for (const std::string& top :
       TRY(repair::keys_in_control_sets(sets, kCritical)).keys) {
    auto found = system.find(top);
    if (!found) continue;
    for (hive::Key key : TRY(system.subkeys(*found))) {
      std::string path = fmt::format("{}\\{}", top, TRY(system.name(key)));
      std::string service = text_at(system, path, "Service");
      bool ours = std::any_of(services.begin(), services.end(), [&](const auto& name) {
        return equal_ignoring_case(name, service);
      });
      if (ours) edits.remove(path);
    }
  }
  return {};
}

std::vector<Match> matches_for(const hive::Hive& system, std::string_view id) {
  std::vector<Match> matches;
  if (auto key = system.find(fmt::format("{}\\{}", kDeviceIds, id))) {
    auto values = system.values(*key);
    for (const Value& value : values ? *values : std::vector<Value>{}) {
      std::string folder =
          text_at(system, fmt::format("{}\\{}", kInfFiles, value.name), "Active");
      if (folder.empty()) continue;
      std::string package = fmt::format("{}\\{}", kPackages, folder);
      std::string configuration = text_at(
          system, fmt::format("{}\\Descriptors\\{}", package, id), "Configuration");
      matches.push_back(
          {.inf = value.name,
           .service = text_at(
               system, fmt::format("{}\\Configurations\\{}", package, configuration),
               "Service")});
    }
  }
  std::string critical(id);
  std::replace(critical.begin(), critical.end(), '\\', '#');
  auto sets = repair::read_control_sets(system);
  if (!sets) return matches;
  std::string service =
      text_at(system,
              fmt::format("{}\\{}\\{}", repair::control_set_name(sets->current),
                          kCritical, critical),
              "Service");
  if (!service.empty()) matches.push_back({.inf = "", .service = service});
  return matches;
}

}  // namespace drydock::driver
