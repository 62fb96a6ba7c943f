#include "repair/driver/inventory.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "harness/images/services.h"
#include "repair/driver/load_order.h"
#include "tests/repair/windows_disk.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSystem[] = "C:\\Windows\\System32\\config\\SYSTEM";

Inventory inventory_of(const repair::WindowsDisk& windows) {
  auto disk = windows.open();
  auto inventory = read_inventory(*disk->installations().at(0));
  EXPECT_TRUE(inventory) << inventory.error().describe();
  return inventory ? *std::move(inventory) : Inventory{};
}

const Driver* find(const Inventory& inventory, std::string_view name) {
  for (const Driver& driver : inventory.drivers) {
    if (equal_ignoring_case(driver.name, name)) return &driver;
  }
  return nullptr;
}

TEST(DriverInventory, EachDriverOfTheDiskIsThereWithItsFile) {
  DRYDOCK_WINDOWS_DISK(windows);
  Inventory inventory = inventory_of(windows);
  EXPECT_THAT(inventory.problems, IsEmpty());
  EXPECT_EQ(inventory.control_set, "ControlSet001");
  for (const images::Service& service : images::services()) {
    const Driver* driver = find(inventory, service.name);
    std::string file = images::driver_file(service);
    ASSERT_EQ(driver != nullptr, !file.empty()) << service.name;
    if (driver == nullptr) continue;
    EXPECT_EQ(driver->start_written, service.start) << service.name;
    EXPECT_EQ(driver->error_control, service.error_control) << service.name;
    EXPECT_EQ(driver->type, service.type) << service.name;
    EXPECT_EQ(driver->group, service.group) << service.name;
    ASSERT_TRUE(driver->path) << driver->problem;
    EXPECT_EQ(ascii_lower(driver->path->path), ascii_lower("\\Windows\\" + file));
    EXPECT_TRUE(driver->file) << file;
  }
}

TEST(DriverInventory, TheBootChainComesFirst) {
  DRYDOCK_WINDOWS_DISK(windows);
  Inventory inventory = inventory_of(windows);
  ASSERT_GT(inventory.drivers.size(), 10u);
  EXPECT_EQ(inventory.drivers[0].name, "bootmgfw.efi");
  for (const char* name : {"bootmgfw.efi", "winload.efi", "ntoskrnl.exe", "hal.dll"}) {
    const Driver* file = find(inventory, name);
    ASSERT_NE(file, nullptr) << name;
    EXPECT_EQ(file->kind, Kind::boot_file);
    EXPECT_TRUE(file->file) << name;
    EXPECT_TRUE(file->stops_boot);
  }
  EXPECT_EQ(find(inventory, "winload.exe"), nullptr);
}

TEST(DriverInventory, ADriverWithoutItsFileIsListed) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[ControlSet001\\Services\\gone]\n"
                    "Start = dword 0\nType = dword 1\nErrorControl = dword 3\n"
                    "ImagePath = expand \"\\??\\C:\\drivers\\gone.sys\"\n");
  auto disk = windows.open();
  auto inventory = read_inventory(*disk->installations().at(0));
  ASSERT_TRUE(inventory);
  const Driver* gone = find(*inventory, "gone");
  ASSERT_NE(gone, nullptr);
  ASSERT_TRUE(gone->path);
  EXPECT_EQ(disk->show(*gone->path), "C:\\drivers\\gone.sys");
  EXPECT_FALSE(gone->file);
  EXPECT_EQ(gone->problem, "");
  EXPECT_TRUE(gone->stops_boot);
}

TEST(DriverInventory, WhatStopsAStartIsToldByStartAndErrorControl) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::string text;
  for (int start = 0; start <= 4; ++start) {
    for (int error_control = 0; error_control <= 3; ++error_control) {
      text += fmt::format(
          "[ControlSet001\\Services\\t{}{}]\nStart = dword {}\nType = dword 1\n"
          "ErrorControl = dword {}\n",
          start, error_control, start, error_control);
    }
  }
  windows.edit_hive(kSystem, text);
  Inventory inventory = inventory_of(windows);
  std::string stops;
  for (const Driver& driver : inventory.drivers) {
    if (driver.stops_boot && driver.name.size() == 3 && driver.name[0] == 't') {
      stops += driver.name + " ";
    }
  }
  // In the load order: without groups the reverse of the registry's.
  EXPECT_EQ(stops, "t03 t02 t13 t12 ");
  EXPECT_TRUE(find(inventory, "Ntfs")->stops_boot);
}

TEST(DriverInventory, StartOverrideIsInForce) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[HardwareConfig]\nLastId = dword 2\n"
                    "[ControlSet001\\Services\\storahci\\StartOverride]\n"
                    "0 = dword 4\n2 = dword 3\n");
  Inventory inventory = inventory_of(windows);
  const Driver* driver = find(inventory, "storahci");
  ASSERT_NE(driver, nullptr);
  EXPECT_EQ(driver->start_written, 0u);
  EXPECT_EQ(driver->start_override, 3u);
  EXPECT_EQ(driver->start, 3u);
  EXPECT_FALSE(driver->stops_boot);
}

TEST(DriverInventory, UserModeDriversAreThoseInTheirFolder) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.put("C:\\Windows\\System32\\drivers\\UMDF\\UsbccidDriver.dll", {});
  windows.put("C:\\Windows\\System32\\drivers\\UMDF\\notes.txt", {});
  Inventory inventory = inventory_of(windows);
  const Driver* driver = find(inventory, "UsbccidDriver.dll");
  ASSERT_NE(driver, nullptr);
  EXPECT_EQ(driver->kind, Kind::user_mode);
  EXPECT_FALSE(driver->stops_boot);
  EXPECT_EQ(find(inventory, "notes.txt"), nullptr);
}

TEST(DriverInventory, AnImagePathIsFoundAsTheLoaderAndTheKernelFindIt) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  const repair::Installation& installation = *disk->installations().at(0);
  auto shown = [&](std::string_view image_path) {
    auto path = resolve_image_path(installation, "Name", image_path);
    return path ? disk->show(*path) : path.error().words();
  };
  EXPECT_EQ(shown(""), "C:\\Windows\\System32\\drivers\\Name.sys");
  EXPECT_EQ(shown("System32\\drivers\\x.sys"), "C:\\Windows\\System32\\drivers\\x.sys");
  EXPECT_EQ(shown("\\SystemRoot\\System32\\x.sys"), "C:\\Windows\\System32\\x.sys");
  EXPECT_EQ(shown("%systemroot%\\x.sys"), "C:\\Windows\\x.sys");
  EXPECT_EQ(shown("\\??\\C:\\a\\x.sys"), "C:\\a\\x.sys");
  EXPECT_EQ(shown("c:/a/x.sys"), "C:\\a\\x.sys");
  EXPECT_EQ(shown("\"C:\\a b\\x.sys\""), "C:\\a b\\x.sys");
  EXPECT_THAT(shown("\\Device\\HarddiskVolume2\\x.sys"), HasSubstr("names a device"));
  EXPECT_THAT(shown("%ProgramFiles%\\x.sys"), HasSubstr("a variable"));
}

Driver driver_named(std::string name, std::uint32_t start, std::string group,
                    std::optional<std::uint32_t> tag = std::nullopt) {
  Driver driver;
  driver.image_path = "system32\\drivers\\" + name + ".sys";
  driver.name = std::move(name);
  driver.start = start;
  driver.group = std::move(group);
  driver.tag = tag;
  return driver;
}

TEST(DriverLoadOrder, IsByStartGroupTagAndTheReverseOfTheRegistry) {
  GroupOrder order{.groups = {{"base", 0}, {"filter", 1}},
                   .tags_of = {{"base", {7, 3}}}};
  std::vector<Driver> drivers = {driver_named("a-demand", 3, "Base"),
                                 driver_named("b-filter", 0, "Filter"),
                                 driver_named("c-untagged", 0, "Base"),
                                 driver_named("d-third", 0, "Base", 3),
                                 driver_named("e-seventh", 0, "BASE", 7),
                                 driver_named("f-other", 0, "Base", 9),
                                 driver_named("g-none", 0, ""),
                                 driver_named("h-none", 0, ""),
                                 driver_named("i-system", 1, "Base"),
                                 driver_named("j-early", 0, "Early-Launch"),
                                 driver_named("acpiex", 0, ""),
                                 driver_named("z-auto", 2, "")};
  sort_by_load_order(drivers, order);
  std::string names;
  for (const Driver& driver : drivers) {
    names += fmt::format("{} {}, ", driver.order.value_or(0), driver.name);
  }
  EXPECT_EQ(names,
            "1 acpiex, 2 j-early, 3 e-seventh, 4 d-third, 5 f-other, 6 c-untagged, "
            "7 b-filter, 8 h-none, 9 g-none, 10 i-system, 11 z-auto, 0 a-demand, ");
}

// Of a service, what reglookup prints: value to its text.
using Judged = std::map<std::string, std::map<std::string, std::string>>;

Judged judged_services(const std::filesystem::path& hive, const std::string& key) {
  std::string top = key + "/";
  std::istringstream lines(run({"reglookup", "-p", key, hive.string()}).out);
  Judged services;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(top)) continue;
    std::size_t comma = line.find(',');
    std::string path = line.substr(top.size(), comma - top.size());
    std::size_t slash = path.find('/');
    if (slash == std::string::npos) continue;
    std::size_t value = line.find(',', comma + 1) + 1;
    services[path.substr(0, slash)][path.substr(slash + 1)] =
        line.substr(value, line.rfind(',') - value);
  }
  return services;
}

std::string hex(std::optional<std::uint32_t> number) {
  return number ? fmt::format("0x{:08X}", *number) : "";
}

// A real SYSTEM hive in place of the disk's own.
void expect_reglookup_agrees(const std::filesystem::path& packed,
                             const std::string& key) {
  DRYDOCK_WINDOWS_DISK(windows);
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  std::filesystem::path hive = windows.folder() / "SYSTEM";
  run({"sh", "-c", fmt::format("xz -dc '{}' > '{}'", packed.string(), hive.string())});
  Judged judged = judged_services(hive, key);
  if (judged.empty()) GTEST_SKIP() << "it can't be unpacked";
  std::ifstream in(hive, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  std::string bytes = content.str();
  windows.put(kSystem, bytes_of(bytes));
  Inventory inventory = inventory_of(windows);
  std::size_t count = 0;
  for (const Driver& driver : inventory.drivers) {
    if (!driver.type) continue;
    ++count;
    auto& values = judged[driver.name];
    EXPECT_EQ(hex(driver.start_written), values["Start"]) << driver.name;
    EXPECT_EQ(hex(driver.type), values["Type"]) << driver.name;
    EXPECT_EQ(hex(driver.error_control), values["ErrorControl"]) << driver.name;
    EXPECT_EQ(hex(driver.tag), values["Tag"]) << driver.name;
    EXPECT_EQ(hex(driver.start_override), values["StartOverride/0"]) << driver.name;
    EXPECT_TRUE(driver.path) << driver.name << ": " << driver.problem;
  }
  std::size_t judged_count = 0;
  for (auto& [name, values] : judged) {
    const std::string& type = values["Type"];
    judged_count += type == "0x00000001" || type == "0x00000002" ||
                    type == "0x00000004" || type == "0x00000008";
  }
  EXPECT_EQ(count, judged_count);
  EXPECT_GT(count, 100u);
}

TEST(DriverInventory, OfAWindows10HiveIsWhatReglookupReads) {
  DRYDOCK_CORPUS_FILE(file, "hives/regipy/SYSTEM_WIN_10_1709.xz");
  expect_reglookup_agrees(file, "/ControlSet001/Services");
}

TEST(DriverInventory, OfAWindows7HiveIsWhatReglookupReads) {
  DRYDOCK_CORPUS_FILE(file, "hives/regipy/SYSTEM.xz");
  expect_reglookup_agrees(file, "/ControlSet001/services");
}

}  // namespace
}  // namespace drydock::driver
