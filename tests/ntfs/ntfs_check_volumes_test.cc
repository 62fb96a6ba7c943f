// Volumes that others made, and found sound, checked by us: there is nothing to
// report, or what a person saw for themselves.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/ntfs/volume.h"
#include "ntfs/volume_check.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/memory_device.h"
#include "vhd/slice.h"

namespace drydock {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

// "rule: where: what" of each problem, and what couldn't be looked at.
std::vector<std::string> told_of(const DevicePtr& device) {
  auto check = check_volume(write_trap(device));
  if (!check) return {check.error().describe()};
  std::vector<std::string> told;
  for (const VolumeProblem& problem : check->problems) {
    told.push_back(
        fmt::format("{}: {}: {}", problem.rule, problem.where, problem.what));
  }
  told.insert(told.end(), check->unchecked.begin(), check->unchecked.end());
  return told;
}

class FormattedNtfs : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(FormattedNtfs, IsSound) {
  if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
  TempFolder folder;
  Place place{folder / "volume.raw"};
  ASSERT_TRUE(make_ntfs(place.file, 64 << 20, GetParam()));
  EXPECT_THAT(told_of(open_place(place)), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Sizes, FormattedNtfs,
                         ::testing::Values(std::vector<std::string>{},
                                           std::vector<std::string>{"-c", "512"},
                                           std::vector<std::string>{"-c", "65536"},
                                           std::vector<std::string>{"-s", "4096"}));

TEST(NtfsCheck, FindsNothingInAVolumeThatNtfscpFilled) {
  if (!have_program("mkntfs") || !have_program("ntfscp")) GTEST_SKIP() << "no ntfscp";
  TempFolder folder;
  Place place{folder / "volume.raw"};
  ASSERT_TRUE(make_ntfs(place.file, 32 << 20));
  for (std::string name : {"first", "second", "a third, with a longer name"}) {
    RunResult copied = run({"ntfscp", place.file.string(), "/bin/sh", "/" + name});
    ASSERT_EQ(copied.exit_code, 0) << copied.err;
  }
  EXPECT_THAT(told_of(open_place(place)), IsEmpty());
}

// Large directories, files in pieces, and the holes that removal leaves.
TEST(NtfsCheck, FindsNothingInAVolumeThatOurEngineFilledAndThinned) {
  if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
  TempFolder folder;
  Place place{folder / "volume.raw"};
  ASSERT_TRUE(make_ntfs(place.file, 16 << 20));
  {
    auto volume = ntfs::open(open_place(place, {.writable = true}), {.writable = true});
    ASSERT_TRUE(volume) << volume.error().describe();
    ASSERT_TRUE((*volume)->create_directory("d"));
    ByteVector content(5000, std::byte{7});
    auto name = [](int i) { return fmt::format("d/a file of number {}", i); };
    for (int i = 0; i < 500; ++i) ASSERT_TRUE((*volume)->put(name(i), content));
    for (int i = 0; i < 500; i += 2) ASSERT_TRUE((*volume)->remove(name(i)));
    put_in_pieces(**volume, "pieces", 400);
    ASSERT_TRUE((*volume)->flush());
  }
  EXPECT_THAT(told_of(open_place(place)), IsEmpty());
  expect_sound(place);
}

struct Sample {
  const char* name;
  std::uint64_t first_sector;
  std::uint64_t sector_count;  // 0: to the end
  std::vector<std::string> told;
};

class NtfsCheckOfSample : public ::testing::TestWithParam<Sample> {};

TEST_P(NtfsCheckOfSample, TellsWhatIsWrongAndNothingElse) {
  DRYDOCK_CORPUS_FILE(file, GetParam().name);
  TempFolder folder;
  Place place{file};
  std::string extension = file.extension();
  if (extension == ".gz" || extension == ".xz") {
    place.file = folder / "disk.raw";
    ASSERT_TRUE(unpack(file, place.file));
  }
  DevicePtr device = open_place(place);
  std::uint64_t offset = GetParam().first_sector * 512;
  std::uint64_t size = GetParam().sector_count * 512;
  if (size != 0) device = *Slice::create(device, offset, size);
  EXPECT_THAT(told_of(device), ElementsAreArray(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, NtfsCheckOfSample,
    ::testing::Values(
        // Clusters of 2 MiB, whose mirror has room for more than is kept in it.
        Sample{"ntfs/ntfs-samples/ntfs-2m.raw.gz", 128, 2091008, {}},
        Sample{"ntfs/ntfs-samples/ntfs-lastaccess.raw.gz", 128, 518144, {}},
        Sample{"ntfs/ntfs-samples/ntfs-ramslack.raw.gz", 128, 2091008, {}},
        Sample{"ntfs/ntfs-samples/ntfs-si-vs-fn.raw.gz", 128, 2091008, {}},
        Sample{"ntfs/dfir_ntfs/ntfs_index.raw.gz", 128, 59392, {}},
        Sample{"ntfs/dfir_ntfs/ntfs3_attrlist.raw.gz", 0, 0, {}},
        Sample{"ntfs/velociraptor/test.ntfs.dd.raw.xz", 0, 0, {}},
        Sample{"ntfs/colinfinck/testfs1", 0, 0, {}},
        Sample{"ntfs/radare2/ntfs.img", 0, 0, {}},
        // Linux' ntfs3 was about to remove the file: its name is gone from the
        // directory (fls calls it an orphan), its record is still in use.
        Sample{
            "ntfs/dfir_ntfs/ntfs3.raw.gz",
            0,
            0,
            {"index.missing: record 28 \\test\\1.txt: its name 1.txt is in directory "
             "27, which doesn't list it"}}));

}  // namespace
}  // namespace drydock
