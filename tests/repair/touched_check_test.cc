// A change that would break a volume is stopped before a byte of the image changes.
//
// The wound is a file of which the clusters are marked free, and all others are
// taken: what is written next gets them, as it would get any by a bug of ours.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "ntfs/fat/geometry.h"
#include "ntfs/fat/volume.h"
#include "ntfs/ntfs/volume.h"
#include "ntfs/record/layout.h"
#include "ntfs/record/reference.h"
#include "repair/transaction.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/ntfs/ntfs_patch.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/file_device.h"

namespace drydock::repair {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kVictimSize = 1 << 20;
// More than is left beside the victim's, and less than with them.
constexpr std::size_t kRoomSize = 256 << 10;
constexpr std::size_t kPutSize = 600 << 10;
constexpr std::uint64_t kBitmapRecord = 6;

class TouchedCheck : public ::testing::Test {
 protected:
  // Takes all room of `volume` but some.
  static void fill(FileSystem& volume) {
    ASSERT_TRUE(volume.put("victim", ByteVector(kVictimSize, std::byte{'v'})));
    auto facts = volume.facts();
    ASSERT_TRUE(facts);
    ASSERT_TRUE(volume.put("fill", ByteVector(facts->free - kRoomSize)));
    ASSERT_TRUE(volume.flush());
  }

  // An NTFS volume, with the victim's clusters marked free in $Bitmap.
  void make_ntfs_volume() {
    ASSERT_TRUE(make_ntfs(image_, 16 << 20));
    auto device = FileDevice::open(image_, {.writable = true});
    ASSERT_TRUE(device);
    auto volume = ntfs::open(*device, {.writable = true});
    ASSERT_TRUE(volume);
    fill(**volume);
    auto id = (*volume)->find("victim")->stat().id;
    volume->reset();
    NtfsPatch patch(**device);
    std::uint64_t first =
        patch.cluster_of(ntfs::Reference::unpack(id).record, ntfs::kDataType);
    // Whole bytes alone: it's enough.
    std::uint64_t count = kVictimSize / patch.cluster_size() / 8 - 1;
    patch.change_data(kBitmapRecord, ntfs::kDataType, u"", first / 8 + 1, count,
                      [](MutableBytes bits) { std::ranges::fill(bits, std::byte{0}); });
  }

  // A FAT volume, with all of the victim's entries but the first one free.
  void make_fat_volume(const std::vector<std::string>& words, std::uint64_t size) {
    std::ofstream(image_).close();
    std::filesystem::resize_file(image_, size);
    std::vector<std::string> command{"mkfs.fat"};
    command.insert(command.end(), words.begin(), words.end());
    command.push_back(image_.string());
    ASSERT_EQ(run(command).exit_code, 0);
    auto device = FileDevice::open(image_, {.writable = true});
    ASSERT_TRUE(device);
    auto volume = fat::open(*device, {.writable = true});
    ASSERT_TRUE(volume);
    fill(**volume);
    std::uint64_t first = (*volume)->find("victim")->stat().id;
    volume->reset();
    auto boot = read_bytes(**device, 0, 512, 512);
    fat::Geometry geometry = *fat::read_geometry(*boot, size);
    free_after(**device, geometry, first);
  }

  // The victim's clusters lie side by side, as it was the first file.
  static void free_after(BlockDevice& device, const fat::Geometry& geometry,
                         std::uint64_t first) {
    auto bits = static_cast<unsigned>(geometry.kind);
    std::uint64_t start = (first + 2) / 2 * 2;  // not in the middle of a byte
    std::uint64_t count = kVictimSize / geometry.cluster_size - 3;
    for (std::uint32_t table = 0; table < geometry.table_count; ++table) {
      std::uint64_t at =
          geometry.tables_offset + table * geometry.table_size + start * bits / 8;
      ASSERT_TRUE(device.write(at, ByteVector(count / 2 * 2 * bits / 8)));
    }
  }

  // Renames the victim, so that it is touched, and writes a file over it; what the
  // rehearsal says, after which nothing of the image may have changed.
  std::string rehearse_put() const {
    ByteVector before = host_bytes();
    std::string words;
    {
      auto change = Transaction::begin(image_);
      if (!change) return change.error().describe();
      Plan plan;
      plan.edits.push_back(
          {.action = FileRename{.file = {0, "\\victim"}, .to = "\\renamed"},
           .why = "a test"});
      plan.edits.push_back(
          {.action = FilePut{.file = {0, "\\new"},
                             .content = ByteVector(kPutSize, std::byte{'n'})},
           .why = "a test"});
      auto outcomes = (*change)->rehearse(plan);
      words = outcomes ? "it passed" : outcomes.error().describe();
      auto receipt = (*change)->commit("{}");
      if (receipt) words += ", and was committed";
    }
    EXPECT_TRUE(host_bytes() == before);
    std::filesystem::directory_iterator files(image_.parent_path());
    EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "a journal was begun";
    return words;
  }

  TempFolder folder_;
  std::filesystem::path image_ = folder_ / "volume.raw";

 private:
  ByteVector host_bytes() const {
    auto file = FileDevice::open(image_);
    return *read_bytes(**file, 0, (*file)->size(), (*file)->size());
  }
};

TEST_F(TouchedCheck, StopsAChangeOfNtfsThatSharesClusters) {
  if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
  make_ntfs_volume();
  if (HasFatalFailure()) return;
  EXPECT_THAT(rehearse_put(), HasSubstr("would break clusters.shared"));
}

struct FatCase {
  std::string bits;
  std::string cluster_sectors;
  std::uint64_t size = 0;
};

class TouchedCheckOfFat : public TouchedCheck,
                          public testing::WithParamInterface<FatCase> {};

TEST_P(TouchedCheckOfFat, StopsAChangeThatSharesClusters) {
  if (!have_program("mkfs.fat")) GTEST_SKIP() << "no mkfs.fat here";
  make_fat_volume({"-F", GetParam().bits, "-s", GetParam().cluster_sectors},
                  GetParam().size);
  if (HasFatalFailure()) return;
  EXPECT_THAT(rehearse_put(), HasSubstr("the change was rehearsed and would break "));
}

// Its faults are none of the change's.
TEST_P(TouchedCheckOfFat, LetsAVolumeKeepItsFaults) {
  if (!have_program("mkfs.fat")) GTEST_SKIP() << "no mkfs.fat here";
  make_fat_volume({"-F", GetParam().bits, "-s", GetParam().cluster_sectors},
                  GetParam().size);
  if (HasFatalFailure()) return;
  auto change = Transaction::begin(image_);
  ASSERT_TRUE(change) << change.error().describe();
  Plan plan;
  plan.edits.push_back(
      {.action = FileRename{.file = {0, "\\victim"}, .to = "\\renamed"},
       .why = "a test"});
  auto outcomes = (*change)->rehearse(plan);
  EXPECT_TRUE(outcomes) << outcomes.error().describe();
}

INSTANTIATE_TEST_SUITE_P(Of, TouchedCheckOfFat,
                         testing::Values(FatCase{"12", "4", 4 << 20},
                                         FatCase{"16", "4", 16 << 20},
                                         FatCase{"32", "1", 34 << 20}),
                         [](const auto& made) { return "Fat" + made.param.bits; });

}  // namespace
}  // namespace drydock::repair
