#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/images/build.h"
#include "harness/images/component_store.h"
#include "harness/images/container.h"
#include "harness/images/pe.h"
#include "harness/images/services.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/content_hash.h"
#include "vhd/file_device.h"
#include "vhd/slice.h"

namespace drydock::images {
namespace {

using testing::HasSubstr;
using testing::Not;

Result<Spec> spec_of(std::string_view text) {
  auto node = harness::Yaml::parse(text, "spec");
  if (!node) return std::move(node).error();
  return read_spec(*node);
}

std::string error_of(std::string_view text) {
  auto spec = spec_of(text);
  return spec ? "no error" : spec.error().describe();
}

TEST(ImageSpec, HasADefaultForEveryWord) {
  auto spec = spec_of("{}");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->windows->word, "server-2022");
  EXPECT_EQ(spec->size, 127 * kGiB);
  EXPECT_EQ(spec->container, Container::vhdx);
  EXPECT_EQ(spec->recovery_size, 0u);
}

TEST(ImageSpec, NamesTheLineOfWhatItDoesNotKnow) {
  EXPECT_THAT(error_of("{ window: x }"), HasSubstr("'window' isn't a word"));
  EXPECT_THAT(error_of("\nwindows: dos"), HasSubstr("(spec:2)"));
  EXPECT_THAT(error_of("{ firmware: coreboot }"), HasSubstr("isn't a firmware"));
  EXPECT_THAT(error_of("{ system_reserved: 50MiB }"), HasSubstr("firmware: bios"));
  EXPECT_THAT(error_of("{ firmware: bios, size: 3TiB }"), HasSubstr("less than 2TiB"));
  EXPECT_THAT(error_of("{ size: 10KB }"), HasSubstr("isn't a size"));
  EXPECT_THAT(error_of("{ size: 64MiB }"), HasSubstr("a disk is"));
  EXPECT_THAT(error_of("{ size: 99999999999999999TiB }"), HasSubstr("isn't a size"));
  EXPECT_THAT(error_of("{ catalogs: many }"), HasSubstr("isn't a number up to"));
  EXPECT_THAT(error_of("{ catalogs: 20001 }"), HasSubstr("isn't a number up to"));
  EXPECT_THAT(error_of("{ block_size: 3MiB }"), HasSubstr("a block is"));
}

TEST(ImageIds, FollowFromTheSeedAlone) {
  EXPECT_EQ(seeded_guid(1, "disk"), seeded_guid(1, "disk"));
  EXPECT_NE(seeded_guid(1, "disk"), seeded_guid(2, "disk"));
  EXPECT_NE(seeded_guid(1, "disk"), seeded_guid(1, "loader"));
  std::string text = to_string(seeded_guid(1, "disk"));
  EXPECT_EQ(text[15], '4') << text << " isn't of version 4";
}

TEST(StandInProgram, IsReadByOtherTools) {
  if (!have_program("objdump")) GTEST_SKIP() << "objdump isn't here";
  TempFolder folder;
  auto file = FileDevice::open(folder / "a.sys", {.writable = true, .create = true});
  ASSERT_TRUE(file);
  ByteVector pe =
      make_pe({.name = "a.sys", .description = "A", .version = {1, 2, 3, 4}});
  ASSERT_TRUE((*file)->resize(pe.size()));
  ASSERT_TRUE((*file)->write(0, pe));
  file->reset();
  RunResult headers = run({"objdump", "-p", folder / "a.sys"});
  EXPECT_EQ(headers.exit_code, 0) << headers.err;
  EXPECT_THAT(headers.out, HasSubstr("pei-x86-64"));
  EXPECT_THAT(headers.out, HasSubstr("Subsystem\t\t00000001"));
  EXPECT_THAT(headers.out, HasSubstr(".rsrc"));
}

TEST(Services, LeadToFilesBelowTheWindowsFolder) {
  EXPECT_EQ(driver_file({.name = "Null"}), "System32\\drivers\\Null.sys");
  EXPECT_EQ(driver_file({.name = "AFD", .image = "\\SystemRoot\\system32\\x.sys"}),
            "system32\\x.sys");
  EXPECT_EQ(driver_file({.name = "RpcSs", .type = 32, .image = "svchost.exe"}), "");
}

// One small disk for all that follows; building it is what takes time.
class BuiltDisk : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    missing_ = missing_programs();
    if (!missing_.empty()) return;
    folder_ = new TempFolder;
    auto spec = spec_of("{ size: 300MiB, recovery: 32MiB }");
    ASSERT_TRUE(spec);
    auto built = build_raw(*spec, 7, *folder_ / "disk.raw");
    ASSERT_TRUE(built) << built.error().describe();
    layout_ = new Layout(*built);
  }
  static void TearDownTestSuite() {
    delete layout_;
    delete folder_;
  }
  void SetUp() override {
    if (!missing_.empty()) GTEST_SKIP() << missing_[0] << " isn't here";
    ASSERT_NE(layout_, nullptr);
  }

  static std::filesystem::path raw() { return *folder_ / "disk.raw"; }
  static std::string in_sectors(std::uint64_t bytes) {
    return std::to_string(bytes / 512);
  }
  // The partition as a file of its own, for tools that know no offset.
  static std::filesystem::path part(const Slot& slot, const std::string& name) {
    auto disk = FileDevice::open(raw());
    auto source = Slice::create(*disk, slot.offset, slot.size);
    auto file = FileDevice::open(*folder_ / name, {.writable = true, .create = true});
    EXPECT_TRUE((*file)->resize(slot.size));
    EXPECT_TRUE(copy_content(**source, **file, 0));
    return *folder_ / name;
  }

  static inline std::vector<std::string> missing_;
  static inline TempFolder* folder_ = nullptr;
  static inline Layout* layout_ = nullptr;
};

TEST_F(BuiltDisk, IsTheSameForTheSameSeed) {
  ASSERT_TRUE(build_raw(layout_->spec, 7, *folder_ / "again.raw"));
  ASSERT_TRUE(build_raw(layout_->spec, 8, *folder_ / "other.raw"));
  auto hash = [](const std::filesystem::path& path) {
    return *content_hash(**FileDevice::open(path));
  };
  EXPECT_EQ(hash(*folder_ / "again.raw"), hash(raw()));
  EXPECT_NE(hash(*folder_ / "other.raw"), hash(raw()));
}

TEST_F(BuiltDisk, HasATableThatSgdiskFindsSound) {
  if (!have_program("sgdisk")) GTEST_SKIP() << "sgdisk isn't here";
  RunResult result = run({"sgdisk", "-v", raw()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("No problems found"));
  EXPECT_THAT(result.out, Not(HasSubstr("Warning")));
  RunResult third = run({"sgdisk", "-i", "3", raw()});
  EXPECT_THAT(third.out, HasSubstr("Microsoft basic data"));
  RunResult first = run({"sgdisk", "-i", "1", raw()});
  EXPECT_THAT(first.out, HasSubstr("Attribute flags: 8000000000000000"));
}

TEST_F(BuiltDisk, HasASystemPartitionThatFsckFindsSound) {
  if (!have_program("fsck.fat")) GTEST_SKIP() << "fsck.fat isn't here";
  std::filesystem::path esp = part(layout_->esp, "esp");
  RunResult result = run({"fsck.fat", "-n", esp});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  RunResult files = run({"mdir", "-/", "-b", "-i", esp});
  EXPECT_THAT(files.out, HasSubstr("::/EFI/Microsoft/Boot/BCD\n"));
  EXPECT_THAT(files.out, HasSubstr("::/EFI/Boot/bootx64.efi\n"));
}

TEST_F(BuiltDisk, HasAVolumeThatNtfsToolsFindSound) {
  if (!have_program("ntfsfix")) GTEST_SKIP() << "ntfsfix isn't here";
  std::filesystem::path windows = part(layout_->windows, "windows");
  RunResult fix = run({"ntfsfix", "-n", windows});
  EXPECT_EQ(fix.exit_code, 0) << fix.out << fix.err;
  RunResult info = run({"ntfsinfo", "-m", windows});
  EXPECT_EQ(info.exit_code, 0) << info.err;
  EXPECT_THAT(info.out, HasSubstr("Cluster Size: 4096"));
}

TEST_F(BuiltDisk, HasTheFilesThatSleuthkitFinds) {
  if (!have_program("fls")) GTEST_SKIP() << "fls isn't here";
  RunResult files =
      run({"fls", "-r", "-p", "-o", in_sectors(layout_->windows.offset), raw()});
  EXPECT_EQ(files.exit_code, 0) << files.err;
  EXPECT_THAT(files.out, HasSubstr("Windows/System32/config/SYSTEM\n"));
  EXPECT_THAT(files.out, HasSubstr("Windows/System32/drivers/storahci.sys\n"));
  EXPECT_THAT(files.out, HasSubstr("Windows/System32/winload.efi\n"));
  RunResult recovery =
      run({"fls", "-r", "-p", "-o", in_sectors(layout_->recovery->offset), raw()});
  EXPECT_THAT(recovery.out, HasSubstr("Recovery/WindowsRE/Winre.wim\n"));
}

TEST_F(BuiltDisk, HasDriversThatAreOneRecordWithTheirTwinsInTheComponentStore) {
  for (const char* program : {"ifind", "ffind", "istat", "ntfsinfo"}) {
    if (!have_program(program)) GTEST_SKIP() << program << " isn't here";
  }
  std::filesystem::path windows = part(layout_->windows, "twins");
  std::string store = "/Windows/WinSxS/amd64_microsoft-windows-ntfs_31bf3856ad364e35_";
  std::string driver = "/Windows/System32/drivers/Ntfs.sys";
  std::string record = run({"ifind", "-f", "ntfs", "-n", driver, windows}).out;
  record = record.substr(0, record.find('\n'));
  EXPECT_THAT(run({"ffind", "-a", "-f", "ntfs", windows, record}).out,
              testing::AllOf(HasSubstr(driver + '\n'), HasSubstr('\n' + store)));
  EXPECT_THAT(run({"istat", "-f", "ntfs", windows, record}).out,
              HasSubstr("\nLinks: 2\n"));
  EXPECT_THAT(run({"ntfsinfo", "-i", record, windows}).out,
              HasSubstr("Number of Hard Links:\t 2 "));
  for (const ComponentFile& file : component_files()) {
    std::string twin = twin_of(*layout_, file);
    std::ranges::replace(twin, '\\', '/');
    std::string there = "/Windows/" + std::string(file.path);
    std::ranges::replace(there, '\\', '/');
    EXPECT_EQ(run({"ifind", "-f", "ntfs", "-n", twin, windows}).out,
              run({"ifind", "-f", "ntfs", "-n", there, windows}).out);
  }
}

TEST_F(BuiltDisk, HasHivesThatReglookupReads) {
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  std::filesystem::path store = *folder_ / "BCD";
  ASSERT_EQ(run({"mcopy", "-n", "-i",
                 raw().string() + "@@" + std::to_string(layout_->esp.offset),
                 "::/EFI/Microsoft/Boot/BCD", store})
                .exit_code,
            0);
  RunResult values = run({"reglookup", store});
  EXPECT_EQ(values.exit_code, 0);
  EXPECT_EQ(values.err, "");
  EXPECT_THAT(values.out, HasSubstr("/Elements/23000003/Element,SZ," +
                                    to_string(layout_->ids.loader)));
}

TEST_F(BuiltDisk, IsTheSameInsideAContainerThatQemuFindsSound) {
  std::filesystem::path image = *folder_ / "disk.vhdx";
  std::filesystem::path copy = *folder_ / "copy.raw";
  ASSERT_TRUE(copy_sparse(raw(), copy));
  ASSERT_TRUE(pack(copy, image, Container::vhdx, kMiB));
  EXPECT_FALSE(std::filesystem::exists(copy));
  EXPECT_EQ(run({"qemu-img", "check", image}).exit_code, 0);
  EXPECT_EQ(run({"qemu-img", "compare", image, raw()}).exit_code, 0);
  auto packing = unpack(image, copy);
  ASSERT_TRUE(packing) << packing.error().describe();
  EXPECT_EQ(packing->container, Container::vhdx);
  EXPECT_EQ(packing->block_size, kMiB);
  EXPECT_EQ(run({"cmp", copy, raw()}).exit_code, 0);
}

TEST(BiosDisk, OfTwoPartitionsIsWhatOtherToolsRead) {
  for (const char* program : {"sfdisk", "mkntfs", "fls", "ntfsfix"}) {
    if (!have_program(program)) GTEST_SKIP() << program << " isn't here";
  }
  TempFolder folder;
  std::filesystem::path raw = folder / "disk.raw";
  auto spec = spec_of(
      "{ firmware: bios, size: 200MiB, system_reserved: 32MiB, recovery: 16MiB }");
  ASSERT_TRUE(spec) << spec.error().describe();
  auto built = build_raw(*spec, 7, raw);
  ASSERT_TRUE(built) << built.error().describe();
  RunResult table = run({"sfdisk", "--dump", raw});
  EXPECT_THAT(table.out, HasSubstr("label: dos"));
  EXPECT_THAT(table.out, HasSubstr("start=        2048, size=       65536, type=7, "
                                   "bootable"));
  EXPECT_THAT(table.out, HasSubstr("type=27"));
  std::string system = std::to_string(built->system().offset / 512);
  std::string windows = std::to_string(built->windows.offset / 512);
  EXPECT_THAT(run({"fls", "-r", "-p", "-o", system, raw}).out,
              testing::AllOf(HasSubstr("Boot/BCD\n"), HasSubstr("\tbootmgr\n")));
  EXPECT_THAT(run({"fls", "-r", "-p", "-o", windows, raw}).out,
              testing::AllOf(HasSubstr("Windows/System32/winload.exe\n"),
                             Not(HasSubstr("Boot/BCD\n"))));
}

}  // namespace
}  // namespace drydock::images
