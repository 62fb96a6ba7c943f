#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "repair/driver/install.h"
#include "tests/support/corpus.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kPackage[] =
    "[Version]\nSignature=\"$Windows NT$\"\nClass=SCSIAdapter\n"
    "ClassGuid={4D36E97B-E325-11CE-BFC1-08002BE10318}\nProvider=%Them%\n"
    "DriverVer=07/21/2023,1.2.3.4\nCatalogFile=all.cat\nCatalogFile.ntamd64=x64.cat\n"
    "[Manufacturer]\n%Them%=Models,NTamd64,NTx86.6.0\n"
    "[Models.NTamd64]\n\"A "
    "disk\"=Disk,PCI\\VEN_1,PCI\\CC_01\n\"Two\"=disk,,PCI\\CC_02\n"
    "[Models.NTx86.6.0]\n"
    "[Disk.nt]\nCopyFiles=Files,@one.dll\nAddReg=Reg\nNeeds=Other,Far.x\nInclude=far."
    "inf\n"
    "[Disk.nt.HW]\nAddReg=Reg\n"
    "[Disk.nt.Services]\nAddService=disk1,2,Service,Events\nAddService=,2\n"
    "[Other]\nDelReg=Reg\n"
    "[Files]\ndisk.sys,source.sys,,2\n[Reg]\nHKR,a\\b,c,0x10001,7\n"
    "[Service]\nDisplayName=%Them%\nServiceType=1\nStartType=0\nErrorControl=3\n"
    "ServiceBinary=%12%\\disk.sys\nLoadOrderGroup=SCSI miniport\nDependencies=a,+b\n"
    "AddReg=Reg\n"
    "[Events]\nAddReg=Reg\n"
    "[SourceDisksNames]\n1=disk,,,\\all\n[SourceDisksFiles]\none.dll=1\n"
    "[SourceDisksFiles.amd64]\nsource.sys=1,x64\n"
    "[DestinationDirs]\nDefaultDestDir=11,sub\nFiles=12\n"
    "[Strings]\nThem=\"Them, Inc.\"\n";

Result<Package> package_of(std::string_view text, const Target& target = {}) {
  auto inf = Inf::read(bytes_of(text));
  if (!inf) return std::move(inf).error();
  return read_package(*inf, target);
}

std::string refusal(const std::string& text, const Target& target = {}) {
  auto package = package_of(text, target);
  return package ? "taken" : package.error().describe();
}

// kPackage with something else in one place.
std::string with(std::string_view old, std::string_view now) {
  std::string text = kPackage;
  std::size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), now);
}

bool fits_text(std::string_view decoration, const Target& target) {
  auto parsed = parse_decoration(decoration);
  return parsed && fits(*parsed, target);
}

TEST(InfDecoration, FitsItsArchitectureAndWhatIsNoLaterThanTheWindows) {
  Target target{.major = 6, .minor = 3, .build = 9600, .product_type = 3};
  EXPECT_TRUE(fits_text("NTamd64", target));
  EXPECT_TRUE(fits_text("ntAMD64.6.3", target));
  EXPECT_TRUE(fits_text("NTamd64.6.1.3", target));
  EXPECT_FALSE(fits_text("NTamd64.6.1.1", target));
  EXPECT_FALSE(fits_text("NTamd64.10.0", target));
  EXPECT_FALSE(fits_text("NTx86", target));
  EXPECT_FALSE(fits_text("NT.6.1", target)) << "no architecture is x86";
  EXPECT_FALSE(fits_text("NTamd64.6.1..0x80", target)) << "no datacenter";
  EXPECT_EQ(parse_decoration("NTmips"), std::nullopt);
  EXPECT_EQ(parse_decoration("NTamd64.x"), std::nullopt);
  EXPECT_EQ(parse_decoration("NTamd64.1.2.3.4.5.6"), std::nullopt);
}

TEST(InfDecoration, ABuildCountsInItsOwnVersionAlone) {
  EXPECT_FALSE(fits_text("NTamd64.10.0...16299", {.build = 14393}));
  EXPECT_TRUE(fits_text("NTamd64.10.0...14393", {.build = 14393}));
  EXPECT_TRUE(fits_text("NTamd64.10.0...16299", {.major = 11}));
}

TEST(InfModels, TheClosestDecorationIsChosen) {
  std::string text = with("Models,NTamd64,", "Models,NTamd64,NTamd64.10.0...17763,");
  text += "[Models.NTamd64.10.0...17763]\n\"Late\"=Disk,PCI\\VEN_2\n";
  auto early = package_of(text, {.build = 14393});
  ASSERT_TRUE(early) << early.error().describe();
  EXPECT_EQ(early->devices.at(0).hardware_id, "PCI\\VEN_1");
  auto late = package_of(text, {.build = 20348});
  ASSERT_TRUE(late) << late.error().describe();
  ASSERT_THAT(late->devices, SizeIs(1));
  EXPECT_EQ(late->devices.at(0).hardware_id, "PCI\\VEN_2");
}

TEST(InfModels, AFileForAnotherWindowsSaysForWhichItIs) {
  EXPECT_THAT(refusal(kPackage, {.architecture = Architecture::arm64}),
              testing::AllOf(HasSubstr("arm64"), HasSubstr("NTamd64, NTx86.6.0")));
  // An empty section keeps a Windows out.
  EXPECT_THAT(refusal(kPackage, {.architecture = Architecture::x86}),
              HasSubstr("no device"));
}

TEST(InfPackage, HasFactsAndDevices) {
  auto package = package_of(kPackage);
  ASSERT_TRUE(package) << package.error().describe();
  EXPECT_EQ(package->facts.class_name, "SCSIAdapter");
  EXPECT_EQ(to_string(package->facts.class_guid),
            "{4d36e97b-e325-11ce-bfc1-08002be10318}");
  EXPECT_EQ(package->facts.provider, "Them, Inc.");
  EXPECT_EQ(package->facts.version, "1.2.3.4");
  EXPECT_EQ(package->facts.catalog, "x64.cat");
  ASSERT_THAT(package->devices, SizeIs(2));
  EXPECT_EQ(package->devices[0].description, "A disk");
  EXPECT_EQ(package->devices[0].manufacturer_field, "%Them%");
  EXPECT_THAT(package->devices[0].compatible_ids, ElementsAre("PCI\\CC_01"));
  EXPECT_EQ(package->devices[1].hardware_id, "");
  EXPECT_THAT(package->installs, SizeIs(1)) << "[disk] is [Disk]";
}

TEST(InfPackage, HasWhatItsSectionsInstall) {
  auto package = package_of(kPackage);
  ASSERT_TRUE(package) << package.error().describe();
  const Install& install = package->installs.at(0);
  EXPECT_EQ(install.section, "Disk.nt");
  EXPECT_THAT(
      install.files,
      ElementsAre(PackageFile{"all\\x64\\source.sys",
                              {Place::Root::windows, "System32\\drivers\\disk.sys"}},
                  PackageFile{"all\\one.dll",
                              {Place::Root::windows, "System32\\sub\\one.dll"}}));
  ASSERT_THAT(install.driver_registry, SizeIs(2)) << "DelReg of what it needs, AddReg";
  EXPECT_TRUE(install.driver_registry[0].deletes);
  EXPECT_THAT(install.device_registry, SizeIs(1));
  EXPECT_THAT(install.notes, ElementsAre(HasSubstr("Far.x of far.inf")));
  ASSERT_THAT(install.services, SizeIs(1));
  const Service& service = install.services[0];
  EXPECT_EQ(install.function_driver(), &service);
  EXPECT_EQ(service.name, "disk1");
  EXPECT_EQ(service.start, 0u);
  EXPECT_EQ(service.error_control, 3u);
  EXPECT_EQ(service.binary.path, "System32\\drivers\\disk.sys");
  EXPECT_EQ(service.group, "SCSI miniport");
  EXPECT_THAT(service.dependencies, ElementsAre("a", "+b"));
  EXPECT_EQ(service.event_log, "System");
  EXPECT_EQ(service.event_name, "disk1");
  ASSERT_THAT(service.registry, SizeIs(1));
  EXPECT_EQ(service.registry[0].key, "a\\b");
  EXPECT_EQ(service.registry[0].flags, 0x10001u);
  EXPECT_THAT(service.registry[0].data, ElementsAre("7"));
}

TEST(InfPackage, WhatLeadsOutOfItsFolderIsRefused) {
  EXPECT_THAT(refusal(with("%12%\\disk.sys", "%12%\\..\\disk.sys")),
              HasSubstr("no path"));
  EXPECT_THAT(refusal(with("source.sys=1,x64", "source.sys=1,..\\x")),
              HasSubstr("no path"));
  EXPECT_THAT(refusal(with("Files=12", "Files=12,a\\..")), HasSubstr("no path"));
  EXPECT_THAT(refusal(with("=disk1,2", "=a\\b,2")), HasSubstr("no name of a service"));
  EXPECT_THAT(refusal(with("@one.dll", "@")), HasSubstr("no name of a file"));
  EXPECT_THAT(refusal(with("%12%\\disk.sys", "%12%")), HasSubstr("names no file"));
  EXPECT_FALSE(is_below("a:b"));
  EXPECT_FALSE(is_below("a\\\\b"));
  EXPECT_FALSE(is_below("... "));
  EXPECT_FALSE(is_below("a\\"));
  EXPECT_TRUE(is_below("a b\\c.d"));
}

TEST(InfPackage, WhatIsMissingIsSaid) {
  EXPECT_THAT(refusal(with("$Windows NT$", "x")), HasSubstr("no Signature"));
  EXPECT_THAT(refusal(with("{4D36E97B", "{x")), HasSubstr("ClassGuid"));
  EXPECT_THAT(refusal(with("[Manufacturer]", "[x]")), HasSubstr("[Manufacturer]"));
  EXPECT_THAT(refusal(with("[Models.NTamd64]", "[x]")), HasSubstr("[Models.NTamd64]"));
  EXPECT_THAT(refusal(with("[Disk.nt]", "[x]")), HasSubstr("[Disk]"));
  EXPECT_THAT(refusal(with("[Files]", "[x]")), HasSubstr("[Files]"));
  EXPECT_THAT(refusal(with("[Service]", "[x]")),
              testing::AllOf(HasSubstr("[Service]"), HasSubstr("line ")));
  EXPECT_THAT(refusal(with("ServiceBinary=", "x=")), HasSubstr("no ServiceBinary"));
  EXPECT_THAT(refusal(with("Files=12", "Files=16406")), HasSubstr("directory 16406"));
  EXPECT_THAT(refusal(with("StartType=0", "StartType=soon")),
              HasSubstr("\"soon\" is no number"));
}

TEST(InfPackage, SectionsThatAreNamedAgainAndAgainAreCounted) {
  std::string text = with("AddReg=Reg\nNeeds", "AddReg=Long,Long\nNeeds") + "[Long]\n";
  for (int i = 0; i < 60'000; ++i) text += "HKR\n";
  EXPECT_THAT(refusal(text), HasSubstr("more than 100000 lines"));
}

// ---- Real packages

std::vector<std::filesystem::path> real_inf_files() {
  std::vector<std::filesystem::path> files;
  auto folder = corpus_file("drivers/virtio-win-0.1.240");
  if (!folder) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*folder)) {
    if (entry.path().extension() == ".inf") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

ByteVector bytes_in(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(stream), {});
  Bytes bytes = bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

// As inf_judge.py prints them.
std::string listing(const Package& package) {
  std::set<std::string> lines;
  for (const Device& device : package.devices) {
    const Install& install = package.installs.at(device.install_index);
    std::vector<std::string> ids = device.compatible_ids;
    if (!device.hardware_id.empty()) ids.push_back(device.hardware_id);
    for (const std::string& id : ids) {
      if (install.services.empty()) lines.insert(id + "|||");
      for (const Service& service : install.services) {
        lines.insert(fmt::format("{}|{}|{}|{}", id, service.name, service.start,
                                 service.binary.path));
      }
    }
  }
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

TEST(InfCorpus, EveryRealPackageReadsAsAnotherReaderDoes) {
  auto files = real_inf_files();
  if (files.empty()) GTEST_SKIP() << "the corpus isn't here";
  if (!have_program("python3")) GTEST_SKIP() << "there is no python3";
  std::vector<std::string> judge = {
      "python3", DRYDOCK_SOURCE_DIR "/tests/repair/inf_judge.py", "10.0"};
  std::string ours;
  for (const std::filesystem::path& file : files) {
    SCOPED_TRACE(file.string());
    std::string folder = ascii_lower(file.parent_path().filename().string());
    judge.insert(judge.end(), {folder, file.string()});
    auto inf = Inf::read(bytes_in(file));
    ASSERT_TRUE(inf) << inf.error().describe();
    auto package = read_package(*inf, {.architecture = *parse_architecture(folder)});
    ASSERT_TRUE(package) << package.error().describe();
    ours += file.string() + "\n" + listing(*package);
  }
  auto judged = run(judge);
  EXPECT_EQ(ours, judged.out) << judged.err;
}

TEST(InfCorpus, TheDiskOfVirtioIsFound) {
  DRYDOCK_CORPUS_FILE(file, "drivers/virtio-win-0.1.240/viostor/w10/amd64/viostor.inf");
  auto inf = Inf::read(bytes_in(file));
  ASSERT_TRUE(inf) << inf.error().describe();
  auto package = read_package(*inf, {});
  ASSERT_TRUE(package) << package.error().describe();
  EXPECT_THAT(
      listing(*package),
      HasSubstr("PCI\\VEN_1AF4&DEV_1001|viostor|0|System32\\drivers\\viostor.sys"));
  EXPECT_EQ(package->facts.version, "100.93.104.24000");
  EXPECT_EQ(package->facts.catalog, "viostor.cat");
  EXPECT_THAT(package->installs.at(0).device_registry, SizeIs(7));
  EXPECT_THAT(package->installs.at(0).notes, IsEmpty());
}

}  // namespace
}  // namespace drydock::driver
