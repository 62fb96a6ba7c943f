// Real driver packages into a built Windows: what is planned, what other programs find
// on the disk then, and that undo takes every byte of it back.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "repair/driver/add.h"
#include "repair/installation.h"
#include "repair/repair.h"
#include "tests/repair/windows_disk.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

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

Result<ByteVector> read_host(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return Error(Errc::not_found, "it isn't there").in(file.string());
  std::string text(std::istreambuf_iterator<char>(stream), {});
  Bytes bytes = bytes_of(text);
  return ByteVector(bytes.begin(), bytes.end());
}

// A package of the corpus, of which a test may change files.
struct Package {
  std::filesystem::path folder;
  std::string inf;
  std::map<std::string, ByteVector> instead = {};

  ReadPackageFile reader() const {
    return [this](const std::string& path) -> Result<ByteVector> {
      auto changed = instead.find(path);
      if (changed != instead.end()) return changed->second;
      return read_host(folder / path);
    };
  }
};

Result<Added> plan_package(const repair::Installation& windows, const Package& package,
                           const AddOptions& options, repair::Plan& plan) {
  return plan_add(windows, package.inf, package.reader(), options, plan);
}

// Why the package isn't added to the disk as it is; "taken" where it is.
std::string refusal(const WindowsDisk& windows, const Package& package,
                    const AddOptions& options = {}) {
  auto disk = windows.open();
  repair::Plan plan;
  auto added = plan_package(*disk->installations().at(0), package, options, plan);
  return added ? "taken" : added.error().describe();
}

// Adds the package to the image file, as the program does.
Result<Added> add_to_image(const std::filesystem::path& image, const Package& package,
                           const AddOptions& options = {}) {
  auto transaction = TRY(
      repair::Transaction::begin(image, {.clock = [] { return images::kBuildTime; }}));
  repair::Plan plan;
  Added added = TRY(
      plan_package(*transaction->disk().installations().at(0), package, options, plan));
  auto prove = [&](const repair::Disk& disk) {
    return check_added(*disk.installations().at(0), added);
  };
  TRY(repair::apply_plan(*transaction, plan, "drivers add", {.prove = prove}));
  return added;
}

std::string hash_of(const std::filesystem::path& path) {
  return run({"sha256sum", path.string()}).out.substr(0, 64);
}

// What sleuthkit finds in the Windows volume of a raw disk.
class Sleuth {
 public:
  Sleuth(std::filesystem::path raw, std::uint64_t first_sector)
      : raw_(std::move(raw)), offset_(fmt::format("{}", first_sector)) {
    RunResult listed = run({"fls", "-o", offset_, "-F", "-r", "-p", raw_.string()});
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    std::istringstream lines(listed.out);
    for (std::string line; std::getline(lines, line);) {
      // "r/r 40-128-1:\tWindows/x"
      std::size_t begin = line.find(' ') + 1;
      std::size_t end = line.find(":\t");
      if (end == std::string::npos) continue;
      nodes_[ascii_lower(line.substr(end + 2))] = line.substr(begin, end - begin);
    }
  }

  std::vector<std::string> paths() const {
    std::vector<std::string> all;
    for (const auto& [path, node] : nodes_) all.push_back(path);
    return all;
  }

  // The file's bytes, by icat.
  std::string read(const std::string& path) const {
    auto found = nodes_.find(ascii_lower(path));
    EXPECT_NE(found, nodes_.end()) << path;
    if (found == nodes_.end()) return {};
    return run({"icat", "-o", offset_, raw_.string(), found->second}).out;
  }

 private:
  std::filesystem::path raw_;
  std::string offset_;
  std::map<std::string, std::string> nodes_;
};

Sleuth look_into(const WindowsDisk& windows, const std::filesystem::path& image) {
  auto disk = windows.open();
  std::uint32_t number = disk->installations().at(0)->partition();
  return {image, disk->find_partition(number)->offset / 512};
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

#define DRYDOCK_PACKAGE(name, folder_name, inf_name)                               \
  DRYDOCK_CORPUS_FILE(name##_folder,                                               \
                      std::string("drivers/virtio-win-0.1.240/") + (folder_name)); \
  Package name { name##_folder, inf_name }

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
  EXPECT_EQ(added->names.inf, "oem0.inf");

  Sleuth sleuth = look_into(windows, image);
  std::string sys =
      std::string(one.inf).replace(std::string(one.inf).size() - 3, 3, "sys");
  std::string store =
      "Windows/System32/DriverStore/FileRepository/" + added->names.folder + "/";
  std::string driver = text_of(read_host(package.folder / sys));
  EXPECT_EQ(sleuth.read("Windows/System32/drivers/" + sys), driver);
  EXPECT_EQ(sleuth.read(store + sys), driver);
  std::string inf = text_of(read_host(package.folder / one.inf));
  EXPECT_EQ(sleuth.read("Windows/INF/oem0.inf"), inf);
  EXPECT_EQ(sleuth.read(store + one.inf), inf);
  EXPECT_NE(sleuth.read("Windows/System32/CatRoot/"
                        "{F750E6C3-38EE-11D1-85E5-00C04FC295EE}/oem0.cat"),
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
  EXPECT_EQ(get(service, "Owners"), "oem0.inf");
  std::string database = "DriverDatabase\\";
  EXPECT_EQ(get(database + "DriverInfFiles\\oem0.inf", "Active"), added->names.folder);
  std::string folder = database + "DriverPackages\\" + added->names.folder;
  EXPECT_EQ(get(folder, "InfName"), one.inf);
  EXPECT_EQ(get(database + "DeviceIds\\" + one.id, "oem0.inf"),
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

TEST(DriverAddTwice, ChangesNothingTheSecondTime) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  auto first = add_to_image(image, package);
  ASSERT_TRUE(first) << first.error().describe();
  std::string once = hash_of(image);
  auto second = add_to_image(image, package);
  ASSERT_TRUE(second) << second.error().describe();
  EXPECT_EQ(second->names.inf, "oem0.inf");
  EXPECT_EQ(hash_of(image), once);
}

TEST(DriverAddAnother, GetsTheNextName) {
  DRYDOCK_PACKAGE(disk_driver, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_PACKAGE(net_driver, "NetKVM/2k22/amd64", "netkvm.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  ASSERT_TRUE(add_to_image(image, disk_driver));
  auto second = add_to_image(image, net_driver);
  ASSERT_TRUE(second) << second.error().describe();
  EXPECT_EQ(second->names.inf, "oem1.inf");
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
  windows.run_hivexsh(kSystem, "cd \\DriverDatabase\\DriverInfFiles\\oem0.inf\ndel");
  auto check = check_added(*windows.open()->installations().at(0), *added);
  ASSERT_FALSE(check);
  EXPECT_THAT(check.error().describe(), HasSubstr("wouldn't find the driver"));
}

}  // namespace
}  // namespace drydock::driver
