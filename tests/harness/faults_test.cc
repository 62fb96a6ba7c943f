#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/faults/fault.h"
#include "harness/images/build.h"
#include "harness/images/container.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/content_hash.h"
#include "vhd/file_device.h"

namespace drydock::faults {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class WoundedDisk : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    missing_ = images::missing_programs();
    if (!missing_.empty()) return;
    folder_ = new TempFolder;
    images::Spec spec;
    spec.size = 300 * images::kMiB;
    auto built = images::build_raw(spec, 1, *folder_ / "sound.raw");
    ASSERT_TRUE(built) << built.error().describe();
    layout_ = new images::Layout(*built);
  }
  static void TearDownTestSuite() {
    delete layout_;
    delete folder_;
  }
  void SetUp() override {
    if (!missing_.empty()) GTEST_SKIP() << missing_[0] << " isn't here";
    ASSERT_NE(layout_, nullptr);
    ASSERT_TRUE(images::copy_sparse(*folder_ / "sound.raw", raw_));
  }

  Result<std::vector<std::string>> wound(std::string_view id,
                                         Parameters parameters = {},
                                         std::uint64_t seed = 1) {
    return break_raw(raw_, {{find_fault(id), std::move(parameters)}}, seed);
  }
  std::string hash() { return *content_hash(**FileDevice::open(raw_)); }

  // What reglookup says of a hive of the Windows volume.
  std::string registry(const std::string& name, const std::string& path) {
    std::string offset = std::to_string(layout_->windows.offset / 512);
    RunResult files = run({"fls", "-r", "-p", "-o", offset, raw_});
    std::size_t end = files.out.find(":\tWindows/System32/config/" + name + "\n");
    std::size_t start = files.out.rfind(' ', end) + 1;
    std::string record = files.out.substr(start, end - start);
    RunResult content = run({"icat", "-o", offset, raw_, record});
    std::ofstream(own_ / name, std::ios::binary) << content.out;
    return run({"reglookup", "-p", path, own_ / name}).out;
  }

  static inline std::vector<std::string> missing_;
  static inline TempFolder* folder_ = nullptr;
  static inline images::Layout* layout_ = nullptr;
  TempFolder own_;
  std::filesystem::path raw_ = own_ / "disk.raw";
};

TEST_F(WoundedDisk, HasADefaultThatNamesNoObject) {
  auto words = wound("bcd.default-missing");
  ASSERT_TRUE(words) << words.error().describe();
  std::string absent = to_string(images::seeded_guid(1, "absent"));
  EXPECT_THAT(*words, ElementsAre(HasSubstr(absent)));
  std::string image = raw_.string() + "@@" + std::to_string(layout_->esp.offset);
  ASSERT_EQ(run({"mcopy", "-n", "-i", image, "::/EFI/Microsoft/Boot/BCD", own_ / "BCD"})
                .exit_code,
            0);
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  std::string values = run({"reglookup", own_ / "BCD"}).out;
  EXPECT_THAT(values, HasSubstr("Elements/23000003/Element,SZ," + absent));
  EXPECT_THAT(values, testing::Not(HasSubstr("Objects/" + absent)));
}

TEST_F(WoundedDisk, HasADriverThatStartsAtBootAndFiltersVolumes) {
  ASSERT_TRUE(wound("driver.disable", {{"driver", "acme"}}));
  if (!have_program("reglookup") || !have_program("fls")) {
    GTEST_SKIP() << "reglookup or fls isn't here";
  }
  EXPECT_THAT(registry("SYSTEM", "/ControlSet001/Services/acme"),
              HasSubstr("/acme/Start,DWORD,0x00000000"));
  EXPECT_THAT(registry("SYSTEM", "/ControlSet001/Control/Class"),
              HasSubstr("UpperFilters,MULTI_SZ,volsnap|acme"));
  RunResult files = run(
      {"fls", "-r", "-p", "-o", std::to_string(layout_->windows.offset / 512), raw_});
  EXPECT_THAT(files.out, HasSubstr("Windows/System32/drivers/acme.sys\n"));
}

TEST_F(WoundedDisk, IsTheSameForTheSameSeed) {
  std::string sound = hash();
  ASSERT_TRUE(wound("bcd.default-missing"));
  ASSERT_TRUE(wound("driver.disable"));
  std::string wounded = hash();
  EXPECT_NE(wounded, sound);
  ASSERT_TRUE(images::copy_sparse(*folder_ / "sound.raw", raw_));
  ASSERT_TRUE(wound("bcd.default-missing"));
  ASSERT_TRUE(wound("driver.disable"));
  EXPECT_EQ(hash(), wounded);
}

TEST_F(WoundedDisk, DiffersByTheSeed) {
  ASSERT_TRUE(wound("bcd.default-missing", {}, 1));
  std::string one = hash();
  ASSERT_TRUE(images::copy_sparse(*folder_ / "sound.raw", raw_));
  ASSERT_TRUE(wound("bcd.default-missing", {}, 2));
  EXPECT_NE(hash(), one);
}

TEST_F(WoundedDisk, RefusesAParameterThatTheFaultDoesNotTake) {
  auto words = wound("bcd.default-missing", {{"driver", "x"}});
  ASSERT_FALSE(words);
  EXPECT_EQ(words.error().code(), Errc::bad_argument);
  EXPECT_THAT(words.error().words(), HasSubstr("takes no parameter 'driver'"));
}

TEST_F(WoundedDisk, CanBeInAContainer) {
  std::filesystem::path image = own_ / "disk.vhdx";
  ASSERT_TRUE(images::pack(raw_, image, images::Container::vhdx, images::kMiB));
  auto words = break_image(image, {{find_fault("bcd.default-missing"), {}}}, 1);
  ASSERT_TRUE(words) << words.error().describe();
  ASSERT_TRUE(images::copy_sparse(*folder_ / "sound.raw", raw_));
  ASSERT_TRUE(wound("bcd.default-missing"));
  EXPECT_EQ(run({"qemu-img", "compare", image, raw_}).exit_code, 0);
}

TEST(Faults, LeaveADiskWithoutWindowsAlone) {
  TempFolder folder;
  auto file = FileDevice::open(folder / "a", {.writable = true, .create = true});
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->resize(images::kMiB));
  file->reset();
  auto words = break_raw(folder / "a", {{find_fault("driver.disable"), {}}}, 1);
  ASSERT_FALSE(words);
  EXPECT_EQ(words.error().code(), Errc::not_found);
}

}  // namespace
}  // namespace drydock::faults
