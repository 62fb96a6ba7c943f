// Real driver packages into a built Windows: what is planned, what other programs find
// on the disk then, and that undo takes every byte of it back.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "tests/repair/driver_packages.h"

namespace drydock::driver {
namespace {

using repair::WindowsDisk;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr char kSystem[] = "C:\\Windows\\System32\\config\\SYSTEM";
constexpr char kSoftware[] = "C:\\Windows\\System32\\config\\SOFTWARE";

// Why the package isn't added to the disk as it is; "taken" where it is.
std::string refusal(const WindowsDisk& windows, const HostPackage& package,
                    const AddOptions& options = {}) {
  auto disk = windows.open();
  repair::Plan plan;
  auto added = plan_package(*disk->installations().at(0), package, options, plan);
  return added ? "taken" : added.error().describe();
}

std::string text_of(const Result<ByteVector>& bytes) {
  EXPECT_TRUE(bytes) << bytes.error().describe();
  return bytes ? std::string(as_text(*bytes)) : "";
}

struct Case {
  const char* folder;  // below the corpus' packages
  const char* inf;
  const char* service;
  const char* start;
  const char* image_path;
  const char* id;
  const char* configuration;  // "" where Windows installs the device once it is up
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.folder; }

class DriverAdd : public testing::TestWithParam<Case> {};

TEST_P(DriverAdd, PutsARealPackageWhereOtherProgramsFindIt) {
  const Case& one = GetParam();
  DRYDOCK_PACKAGE(package, one.folder, one.inf);
  if (!have_program("fls") || !have_program("hivexget")) {
    GTEST_SKIP() << "sleuthkit or hivexget isn't installed";
  }
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  std::string before = hash_of(image);
  auto added = add_to_image(image, package);
  ASSERT_TRUE(added) << added.error().describe();
  const std::string& oem = added->names.inf;
  EXPECT_THAT(oem, testing::MatchesRegex("oem[0-9]+\\.inf"));

  Sleuth sleuth = look_into(windows, image);
  std::string sys =
      std::string(one.inf).replace(std::string(one.inf).size() - 3, 3, "sys");
  std::string store =
      "Windows/System32/DriverStore/FileRepository/" + added->names.folder + "/";
  std::string driver = text_of(read_host(package.folder / sys));
  EXPECT_EQ(sleuth.read("Windows/System32/drivers/" + sys), driver);
  EXPECT_EQ(sleuth.read(store + sys), driver);
  std::string inf = text_of(read_host(package.folder / one.inf));
  EXPECT_EQ(sleuth.read("Windows/INF/" + oem), inf);
  EXPECT_EQ(sleuth.read(store + one.inf), inf);
  EXPECT_NE(sleuth.read("Windows/System32/CatRoot/"
                        "{F750E6C3-38EE-11D1-85E5-00C04FC295EE}/" +
                        oem.substr(0, oem.size() - 4) + ".cat"),
            "");

  std::filesystem::path hive = windows.folder() / "judged";
  std::ofstream(hive, std::ios::binary)
      << sleuth.read("Windows/System32/config/SYSTEM");
  auto get = [&](const std::string& key, const std::string& value) {
    return repair::hivexget(hive, key, value);
  };
  std::string service = std::string("ControlSet001\\Services\\") + one.service;
  EXPECT_EQ(get(service, "Start"), one.start);
  EXPECT_EQ(get(service, "ImagePath"), one.image_path);
  EXPECT_EQ(get(service, "Owners"), oem);
  std::string database = "DriverDatabase\\";
  EXPECT_EQ(get(database + "DriverInfFiles\\" + oem, "Active"), added->names.folder);
  std::string folder = database + "DriverPackages\\" + added->names.folder;
  EXPECT_EQ(get(folder, "InfName"), one.inf);
  EXPECT_EQ(get(database + "DeviceIds\\" + one.id, oem),
            std::string("\x02\xff\0\0", 4));
  if (*one.configuration != '\0') {
    EXPECT_EQ(get(folder + "\\Descriptors\\" + one.id, "Configuration"),
              one.configuration);
    EXPECT_EQ(get(folder + "\\Configurations\\" + one.configuration, "Service"),
              one.service);
  }

  auto undone = repair::undo(image);
  ASSERT_TRUE(undone) << undone.error().describe();
  EXPECT_EQ(hash_of(image), before);
}

constexpr char kStorPath[] = "System32\\drivers\\viostor.sys";
constexpr char kScsiPath[] = "System32\\drivers\\vioscsi.sys";
constexpr char kNetPath[] = "\\SystemRoot\\System32\\drivers\\netkvm.sys";

INSTANTIATE_TEST_SUITE_P(
    Virtio, DriverAdd,
    testing::Values(Case{"viostor/2k22/amd64", "viostor.inf", "viostor", "0", kStorPath,
                         "PCI\\VEN_1AF4&DEV_1001", "scsi_inst"},
                    Case{"viostor/w10/amd64", "viostor.inf", "viostor", "0", kStorPath,
                         "PCI\\VEN_1AF4&DEV_1042", "scsi_inst"},
                    Case{"vioscsi/2k22/amd64", "vioscsi.inf", "vioscsi", "0", kScsiPath,
                         "PCI\\VEN_1AF4&DEV_1004", "scsi_inst"},
                    Case{"vioscsi/w10/amd64", "vioscsi.inf", "vioscsi", "0", kScsiPath,
                         "PCI\\VEN_1AF4&DEV_1048", "scsi_inst"},
                    Case{"NetKVM/2k22/amd64", "netkvm.inf", "netkvm", "3", kNetPath,
                         "PCI\\VEN_1AF4&DEV_1000", ""},
                    Case{"NetKVM/w10/amd64", "netkvm.inf", "netkvm", "3", kNetPath,
                         "PCI\\VEN_1AF4&DEV_1041", ""}),
    [](const testing::TestParamInfo<Case>& one) {
      std::string name = one.param.folder;
      std::replace(name.begin(), name.end(), '/', '_');
      return name;
    });

// The class, the date and the number, as Windows wrote them for an older viostor.
TEST(DriverAddVersion, IsLaidOutAsWindowsHasIt) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  repair::Plan plan;
  auto added = plan_package(*disk->installations().at(0), package, {}, plan);
  ASSERT_TRUE(added) << added.error().describe();
  std::vector<std::string> versions;
  for (const repair::Edit& edit : plan.edits) {
    const auto* set = std::get_if<repair::RegistrySet>(&edit.action);
    if (set == nullptr || !set->value || set->value->name != "Version") continue;
    std::string hex;
    for (std::byte byte : set->value->data) {
      hex += fmt::format("{:02x}", std::to_integer<int>(byte));
    }
    versions.push_back(hex);
  }
  EXPECT_THAT(versions, ElementsAre("00ff0900000000007be9364d25e3ce11bfc108002be10318"
                                    "00c0ca4a66bbd901"
                                    "c05d68005d0064000000000000000000"));
}

TEST(DriverAddTwice, ChangesNothingTheSecondTime) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  auto first = add_to_image(image, package);
  ASSERT_TRUE(first) << first.error().describe();
  std::string once = hash_of(image);
  auto second = add_to_image(image, package);
  ASSERT_TRUE(second) << second.error().describe();
  EXPECT_EQ(second->names.inf, first->names.inf);
  EXPECT_EQ(hash_of(image), once);
}

TEST(DriverAddAnother, GetsTheNextName) {
  DRYDOCK_PACKAGE(disk_driver, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_PACKAGE(net_driver, "NetKVM/2k22/amd64", "netkvm.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  auto first = add_to_image(image, disk_driver);
  ASSERT_TRUE(first) << first.error().describe();
  auto second = add_to_image(image, net_driver);
  ASSERT_TRUE(second) << second.error().describe();
  auto number = [](const Added& added) { return std::stoi(added.names.inf.substr(3)); };
  EXPECT_EQ(number(*second), number(*first) + 1);
}

TEST(DriverAddStart, IsAsItWasAskedFor) {
  DRYDOCK_PACKAGE(package, "NetKVM/2k22/amd64", "netkvm.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  repair::Plan plan;
  auto added = plan_package(*disk->installations().at(0), package, {.start = 0}, plan);
  ASSERT_TRUE(added) << added.error().describe();
  ASSERT_EQ(added->drivers.size(), 1u);
  EXPECT_EQ(added->drivers[0].start, 0u);
  EXPECT_EQ(added->drivers[0].image_path, "System32\\drivers\\netkvm.sys");
}

TEST(DriverAddUnsigned, IsRefusedUnlessItIsAllowed) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  auto bytes = read_host(package.folder / "viostor.sys");
  ASSERT_TRUE(bytes);
  (*bytes)[bytes->size() / 2] ^= std::byte{1};
  package.instead["viostor.sys"] = *bytes;
  EXPECT_THAT(refusal(windows, package),
              HasSubstr("viostor.cat doesn't list the hash of viostor.sys"));
  auto disk = windows.open();
  repair::Plan plan;
  auto added = plan_package(*disk->installations().at(0), package,
                            {.allow_unsigned = true}, plan);
  ASSERT_TRUE(added) << added.error().describe();
  EXPECT_THAT(plan.notes, Contains(HasSubstr("0xC0000428")));
}

TEST(DriverAddUntrusted, IsRefusedThoughItsCatalogListsEveryFile) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  auto catalog = read_host(package.folder / "viostor.cat");
  ASSERT_TRUE(catalog);
  // A name of the signed list, in UTF-16; no hash is touched.
  std::size_t at = as_text(*catalog).find(std::string_view("\0O\0S\0A\0t", 8));
  ASSERT_NE(at, std::string_view::npos);
  (*catalog)[at + 1] ^= std::byte{1};
  package.instead["viostor.cat"] = *catalog;
  EXPECT_THAT(refusal(windows, package), HasSubstr("viostor.cat isn't known to be"));
}

TEST(DriverAddOther, MachinesAndVersionsAreRefused) {
  DRYDOCK_PACKAGE(arm, "viostor/w10/ARM64", "viostor.inf");
  DRYDOCK_PACKAGE(x86, "viostor/w10/x86", "viostor.inf");
  DRYDOCK_PACKAGE(mixed, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  EXPECT_THAT(refusal(windows, arm),
              HasSubstr("no device for Windows 10.0 build 20348"));
  EXPECT_THAT(refusal(windows, x86), HasSubstr("NTx86"));
  auto other = read_host(x86.folder / "viostor.sys");
  ASSERT_TRUE(other);
  mixed.instead["viostor.sys"] = *other;
  EXPECT_THAT(refusal(windows, mixed, {.allow_unsigned = true}),
              HasSubstr("viostor.sys is for x86"));
}

TEST(DriverAddService, OfAnothersNameIsRefused) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[ControlSet001\\Services\\viostor]\n"
                    "ImagePath = expand \"System32\\drivers\\other.sys\"\n");
  EXPECT_THAT(refusal(windows, package),
              HasSubstr("starts System32\\drivers\\other.sys"));
}

TEST(DriverAddBeforeWindows8, GoesIntoTheDatabaseOfCriticalDevices) {
  DRYDOCK_PACKAGE(package, "viostor/w7/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSoftware,
                    "[Microsoft\\Windows NT\\CurrentVersion]\n"
                    "CurrentBuildNumber = sz \"7601\"\nCurrentBuild = sz \"7601\"\n");
  windows.run_hivexsh(kSystem, "cd \\DriverDatabase\ndel");
  std::filesystem::path image = windows.save();
  auto added = add_to_image(image, package);
  ASSERT_TRUE(added) << added.error().describe();
  Sleuth sleuth = look_into(windows, image);
  std::filesystem::path hive = windows.folder() / "judged";
  std::ofstream(hive, std::ios::binary)
      << sleuth.read("Windows/System32/config/SYSTEM");
  std::string key =
      "ControlSet001\\Control\\CriticalDeviceDatabase\\PCI#VEN_1AF4&DEV_1001";
  EXPECT_EQ(repair::hivexget(hive, key, "Service"), "viostor");
  EXPECT_EQ(repair::hivexget(hive, key, "ClassGUID"),
            "{4d36e97b-e325-11ce-bfc1-08002be10318}");
}

TEST(DriverAddProof, SeesWhatIsMissing) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open_writable();
  repair::Plan plan;
  auto added = plan_package(*disk->installations().at(0), package, {}, plan);
  ASSERT_TRUE(added) << added.error().describe();
  ASSERT_TRUE(repair::rehearse(plan, *disk));
  ASSERT_TRUE(disk->flush());
  EXPECT_TRUE(check_added(*windows.open()->installations().at(0), *added));
  windows.run_hivexsh(
      kSystem, "cd \\DriverDatabase\\DriverInfFiles\\" + added->names.inf + "\ndel");
  auto check = check_added(*windows.open()->installations().at(0), *added);
  ASSERT_FALSE(check);
  EXPECT_THAT(check.error().describe(), HasSubstr("wouldn't find the driver"));
}

}  // namespace
}  // namespace drydock::driver
