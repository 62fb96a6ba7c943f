#include "repair/driver/inventory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "repair/boot_files.h"
#include "repair/control_sets.h"
#include "repair/driver/load_order.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

// A Windows has some 700 services; a hive with so many more is nobody's.
constexpr std::size_t kServiceMax = 50'000;
// User-mode drivers in their folder; there are some thirty.
constexpr std::size_t kUserModeMax = 5'000;

constexpr std::uint32_t kBootStart = 0;
constexpr std::uint32_t kSystemStart = 1;
constexpr std::uint32_t kDisabled = 4;
constexpr std::uint32_t kSevere = 2;

std::string text_of(const hive::Hive& hive, hive::Key key, std::string_view name) {
  auto value = hive.value(key, name);
  return value ? value->text().value_or("") : "";
}

std::optional<std::uint32_t> number_of(const hive::Hive& hive, hive::Key key,
                                       std::string_view name) {
  auto value = hive.value(key, name);
  if (!value) return std::nullopt;
  auto number = value->number();
  if (!number || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

// A service of one of these loads into the kernel.
std::optional<Kind> kind_of(std::uint32_t type) {
  switch (type) {
    case 1:
      return Kind::kernel;
    case 2:
      return Kind::file_system;
    case 4:
      return Kind::adapter;
    case 8:
      return Kind::recognizer;
    default:
      return std::nullopt;
  }
}

// What Windows knows the hardware by that it last ran on: the names of StartOverride's
// values.  nt-load-order reads it so.
std::string hardware_id(const hive::Hive& system) {
  auto key = system.find("HardwareConfig");
  auto id = key ? number_of(system, *key, "LastId") : std::nullopt;
  return fmt::format("{}", id.value_or(0));
}

Result<std::string> chosen_control_set(const hive::Hive& system) {
  repair::ControlSets sets = TRY(repair::read_control_sets(system));
  for (std::uint32_t number : {sets.current, sets.default_}) {
    if (std::find(sets.existing.begin(), sets.existing.end(), number) !=
        sets.existing.end()) {
      return repair::control_set_name(number);
    }
  }
  return Error(Errc::not_found,
               fmt::format("Select's Current is {} and its Default {}, and there is no "
                           "such control set",
                           sets.current, sets.default_))
      .in("SYSTEM");
}

Driver read_service(const hive::Hive& system, hive::Key key, Kind kind,
                    std::string name, const std::string& hardware) {
  Driver driver;
  driver.kind = kind;
  driver.name = std::move(name);
  driver.display_name = text_of(system, key, "DisplayName");
  driver.group = text_of(system, key, "Group");
  driver.image_path = text_of(system, key, "ImagePath");
  driver.type = number_of(system, key, "Type");
  driver.start_written = number_of(system, key, "Start");
  driver.error_control = number_of(system, key, "ErrorControl");
  driver.tag = number_of(system, key, "Tag");
  if (auto overrides = system.find(key, "StartOverride")) {
    driver.start_override = number_of(system, *overrides, hardware);
  }
  // The loader adds the file system that it reads Windows from.
  bool boot_file_system = equal_ignoring_case(driver.name, "ntfs");
  driver.start =
      boot_file_system
          ? kBootStart
          : driver.start_override.value_or(driver.start_written.value_or(kDisabled));
  driver.stops_boot = boot_file_system ||
                      ((driver.start == kBootStart || driver.start == kSystemStart) &&
                       driver.error_control.value_or(0) >= kSevere);
  return driver;
}

Result<std::vector<Driver>> read_services(const hive::Hive& system,
                                          const std::string& control_set) {
  std::vector<Driver> drivers;
  std::string hardware = hardware_id(system);
  auto keys = TRY(system.subkeys(TRY(system.find(control_set + "\\Services"))));
  if (keys.size() > kServiceMax) {
    return Error(Errc::unsupported, fmt::format("there are {} services", keys.size()))
        .in(control_set + "\\Services");
  }
  for (hive::Key key : keys) {
    auto type = number_of(system, key, "Type");
    auto kind = type ? kind_of(*type) : std::nullopt;
    if (!kind) continue;
    drivers.push_back(
        read_service(system, key, *kind, TRY(system.name(key)), hardware));
  }
  return drivers;
}

// What the disk says of the driver's file.
void find_file(const repair::Installation& windows, Driver& driver) {
  auto volume = windows.disk().volume(driver.path->partition);
  if (!volume) {
    driver.problem = volume.error().describe();
    return;
  }
  auto found = (*volume)->find(driver.path->path);
  if (found) {
    driver.file = found->stat();
  } else if (found.error().code() != Errc::not_found) {
    driver.problem = found.error().describe();
  }
}

void locate(const repair::Installation& windows, Driver& driver) {
  auto path = resolve_image_path(windows, driver.name, driver.image_path);
  if (!path) {
    driver.problem = path.error().describe();
    return;
  }
  driver.path = *std::move(path);
  find_file(windows, driver);
}

void add_user_mode(const repair::Installation& windows, Inventory& inventory) {
  repair::GuestPath folder = windows.in_windows("\\System32\\drivers\\UMDF");
  auto volume = windows.disk().volume(folder.partition);
  if (!volume) return;  // then SYSTEM couldn't be read either
  auto found = (*volume)->find(folder.path);
  if (!found) return;  // Windows without one are as good
  std::vector<Driver> drivers;
  auto add = [&](const Entry& entry) {
    if (entry.stat.kind != FileKind::file ||
        !ascii_lower(entry.name).ends_with(".dll")) {
      return true;
    }
    Driver driver;
    driver.kind = Kind::user_mode;
    driver.name = entry.name;
    driver.start = static_cast<std::uint32_t>(Start::demand);
    driver.path = {.partition = folder.partition,
                   .path = folder.path + "\\" + entry.name};
    driver.file = entry.stat;
    drivers.push_back(std::move(driver));
    return drivers.size() < kUserModeMax;
  };
  auto listed = (*volume)->list(*found, add);
  if (!listed) {
    inventory.problems.push_back(
        fmt::format("{}: {}", windows.disk().show(folder), listed.error().describe()));
  }
  std::sort(drivers.begin(), drivers.end(),
            [](const Driver& a, const Driver& b) { return a.name < b.name; });
  inventory.drivers.insert(inventory.drivers.end(), drivers.begin(), drivers.end());
}

struct BootFile {
  std::string_view path;  // below the Windows folder
  bool needed = false;    // by every Windows since Vista; others are listed if there
};

// What the loader takes without a service that says so: itself, the kernel and what
// that imports, and the processor's updates.
constexpr std::array<BootFile, 15> kWindowsFiles = {{
    {"\\System32\\ntoskrnl.exe", true},
    {"\\System32\\hal.dll", true},
    {"\\System32\\ci.dll", true},
    {"\\System32\\kdcom.dll", true},
    {"\\System32\\pshed.dll"},
    {"\\System32\\bootvid.dll", true},
    {"\\System32\\apisetschema.dll"},
    {"\\System32\\mcupdate_GenuineIntel.dll"},
    {"\\System32\\mcupdate_AuthenticAMD.dll"},
    {"\\System32\\drivers\\cmimcext.sys"},
    {"\\System32\\drivers\\msrpc.sys"},
    {"\\System32\\drivers\\ntosext.sys"},
    {"\\System32\\drivers\\tm.sys"},
    {"\\System32\\drivers\\werkernel.sys"},
    {"\\System32\\drivers\\clipsp.sys"},
}};

void add_boot_file(const repair::Installation& windows, repair::GuestPath path,
                   bool needed, std::vector<Driver>& files) {
  Driver file;
  file.kind = Kind::boot_file;
  file.name = path.path.substr(path.path.find_last_of('\\') + 1);
  file.path = std::move(path);
  file.start = kBootStart;
  file.stops_boot = true;
  find_file(windows, file);
  if (needed || file.file || !file.problem.empty()) files.push_back(std::move(file));
}

std::vector<Driver> read_boot_files(const repair::Installation& windows,
                                    std::vector<std::string>& problems) {
  std::vector<Driver> files;
  bool uefi = windows.boot().firmware == "uefi";
  auto system = repair::find_system_partition(windows);
  if (!system) {
    problems.push_back(fmt::format("the boot manager: {}", system.error().describe()));
  } else if (uefi) {
    add_boot_file(
        windows, {.partition = *system, .path = "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"},
        true, files);
    for (const char* name : {"bootx64.efi", "bootaa64.efi", "bootia32.efi"}) {
      add_boot_file(windows,
                    {.partition = *system, .path = std::string("\\EFI\\Boot\\") + name},
                    false, files);
    }
  } else {
    add_boot_file(windows, {.partition = *system, .path = "\\bootmgr"}, true, files);
  }
  add_boot_file(
      windows,
      windows.in_windows(uefi ? "\\System32\\winload.efi" : "\\System32\\winload.exe"),
      true, files);
  for (const BootFile& file : kWindowsFiles) {
    add_boot_file(windows, windows.in_windows(file.path), file.needed, files);
  }
  return files;
}

// Of the Windows on its disk: what Disk::resolve() takes for its letters.
std::size_t index_of(const repair::Installation& windows) {
  const auto& all = windows.disk().installations();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i]->partition() == windows.partition() &&
        equal_ignoring_case(all[i]->root(), windows.root())) {
      return i;
    }
  }
  return 0;
}

// `text` behind `start`, in any case; nothing where it begins otherwise.
std::optional<std::string_view> behind(std::string_view text, std::string_view start) {
  if (text.size() < start.size()) return std::nullopt;
  if (!equal_ignoring_case(text.substr(0, start.size()), start)) return std::nullopt;
  return text.substr(start.size());
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::kernel:
      return "kernel";
    case Kind::file_system:
      return "file_system";
    case Kind::adapter:
      return "adapter";
    case Kind::recognizer:
      return "recognizer";
    case Kind::user_mode:
      return "user_mode";
    case Kind::boot_file:
      return "boot_file";
  }
  return "?";
}

std::string_view start_word(std::uint32_t start) {
  constexpr std::array<std::string_view, 5> kWords = {"boot", "system", "auto",
                                                      "demand", "disabled"};
  return start < kWords.size() ? kWords[start] : "?";
}

std::string_view error_control_word(std::uint32_t error_control) {
  constexpr std::array<std::string_view, 4> kWords = {"ignore", "normal", "severe",
                                                      "critical"};
  return error_control < kWords.size() ? kWords[error_control] : "?";
}

Result<repair::GuestPath> resolve_image_path(const repair::Installation& windows,
                                             std::string_view name,
                                             std::string_view image_path) {
  if (image_path.empty()) {
    return windows.in_windows(fmt::format("\\System32\\drivers\\{}.sys", name));
  }
  std::string path(image_path);
  std::replace(path.begin(), path.end(), '/', '\\');
  if (path.size() >= 2 && path.front() == '"' && path.back() == '"') {
    path = path.substr(1, path.size() - 2);
  }
  for (std::string_view root : {"\\SystemRoot\\", "%SystemRoot%\\", "%windir%\\"}) {
    if (auto rest = behind(path, root)) {
      return windows.in_windows("\\" + std::string(*rest));
    }
  }
  std::string_view absolute = behind(path, "\\??\\").value_or(path);
  if (absolute.size() > 2 && absolute[1] == ':') {
    return windows.disk().resolve(absolute, index_of(windows)).in("ImagePath");
  }
  if (path.starts_with('\\') || path.find('%') != std::string::npos) {
    return Error(Errc::unsupported,
                 fmt::format("ImagePath {} names a device or a variable", image_path));
  }
  return windows.in_windows("\\" + path);
}

Result<Inventory> read_inventory(const repair::Installation& windows) {
  const hive::Hive* system = TRY(windows.system());
  Inventory inventory;
  inventory.control_set = TRY(chosen_control_set(*system));
  std::vector<Driver> services = TRY(read_services(*system, inventory.control_set));
  sort_by_load_order(services, read_group_order(*system, inventory.control_set));
  for (Driver& driver : services) locate(windows, driver);
  inventory.drivers = read_boot_files(windows, inventory.problems);
  auto disabled =
      std::find_if(services.begin(), services.end(),
                   [](const Driver& driver) { return driver.start >= kDisabled; });
  std::move(services.begin(), disabled, std::back_inserter(inventory.drivers));
  add_user_mode(windows, inventory);
  std::move(disabled, services.end(), std::back_inserter(inventory.drivers));
  return inventory;
}

}  // namespace drydock::driver
