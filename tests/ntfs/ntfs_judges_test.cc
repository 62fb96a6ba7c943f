// What we write, read by programs that know nothing of libntfs-3g: 7z, GRUB and
// libfsntfs, beside sleuthkit.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/ntfs/trial.h"
#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/foreign_volume.h"
#include "tests/support/run.h"
#include "vhd/base/endian.h"

namespace drydock {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class NtfsJudges : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
    place_.file = folder_ / "volume.raw";
    ASSERT_TRUE(make_ntfs(place_.file, 64 << 20));
    auto volume =
        ntfs::open(open_place(place_, {.writable = true}), {.writable = true});
    ASSERT_TRUE(volume) << volume.error().describe();
    fill(**volume);
    ASSERT_TRUE((*volume)->flush());
  }

  void put(FileSystem& volume, const std::string& path, const std::string& text) {
    auto file = volume.put(path, bytes_of(std::string_view(text)));
    ASSERT_TRUE(file) << file.error().describe();
    if (path.find(':') == std::string::npos) files_[path] = text;
  }

  // Resident, of one run and of many, replaced, renamed, removed; and so many
  // names that their directory has an index of several levels.
  void fill(FileSystem& volume) {
    ASSERT_TRUE(volume.create_directory("folder"));
    ASSERT_TRUE(volume.create_directory("folder/below it"));
    put(volume, "small.txt", "a few bytes");
    put(volume, "folder/below it/large file.bin", text_of(3'000'000));
    for (int i = 0; i < 300; ++i) {
      put(volume, fmt::format("folder/name number {}.txt", i), text_of(i * 37));
    }
    put(volume, "folder/name number 7.txt", text_of(200'000));
    ASSERT_TRUE(volume.rename("small.txt", "folder/renamed.txt"));
    files_["folder/renamed.txt"] = files_.extract("small.txt").mapped();
    ASSERT_TRUE(volume.remove("folder/name number 9.txt"));
    files_.erase("folder/name number 9.txt");
    put(volume, "folder/renamed.txt:stream", "in a stream");
  }

  TempFolder folder_;
  Place place_;
  std::map<std::string, std::string> files_;
};

TEST_F(NtfsJudges, SevenZipExtractsWhatWasWritten) {
  if (!have_program("7z")) GTEST_SKIP() << "no 7z here";
  RunResult result = run(
      {"7z", "x", "-tntfs", "-o" + (folder_ / "out").string(), place_.file.string()});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  for (const auto& [path, text] : files_) {
    RunResult file = run({"cat", (folder_ / "out" / path).string()});
    EXPECT_TRUE(file.out == text) << path << file.err;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/small.txt"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/folder/name number 9.txt"));
}

TEST_F(NtfsJudges, GrubReadsWhatWasWritten) {
  if (!have_program("grub-fstest")) GTEST_SKIP() << "no grub-fstest here";
  for (const char* path : {"folder/renamed.txt", "folder/below it/large file.bin",
                           "folder/name number 7.txt", "folder/name number 299.txt"}) {
    EXPECT_TRUE(data_by_grub(place_, path) == files_[path]) << path;
  }
}

TEST_F(NtfsJudges, LibfsntfsFindsEveryNameAndStream) {
  if (!have_program("fsntfsinfo")) GTEST_SKIP() << "no fsntfsinfo here";
  std::string paths = paths_by_libfsntfs(place_);
  for (const auto& [path, text] : files_) {
    std::string theirs = '\\' + path;
    std::ranges::replace(theirs, '/', '\\');
    EXPECT_THAT(paths, HasSubstr(theirs + "\n"));
  }
  EXPECT_THAT(paths, HasSubstr("\\folder\\renamed.txt:stream\n"));
  EXPECT_THAT(paths, Not(HasSubstr("name number 9.txt")));
  EXPECT_THAT(paths, Not(HasSubstr("small.txt")));
}

// What the library is asked to do before its first change, it does in memory.
TEST_F(NtfsJudges, SeeNothingOfATrialOfTheLibrary) {
  auto tried = ntfs::try_library(write_trap(open_place(place_)), {.writable = true});
  EXPECT_TRUE(tried) << tried.error().describe();
}

class NtfsJudgesOfCompression : public ForeignVolume {
 protected:
  void fill() override {
    std::filesystem::create_directory(mount_ / "compressed");
    set_attribute("compressed", "system.ntfs_attrib",
                  bytes_of(le32{attribute::compressed}));
    write("compressed/a.txt", text_of(300'000));
    write("compressed/b.txt", text_of(100'000));
  }
};

TEST_F(NtfsJudgesOfCompression, SevenZipAndGrubExpandWhatWasWritten) {
  if (!have_program("7z") || !have_program("grub-fstest")) {
    GTEST_SKIP() << "no 7z or no grub-fstest here";
  }
  std::string text = text_of(423'456);
  ASSERT_TRUE(volume_->put("compressed/a.txt", bytes_of(std::string_view(text))));
  auto data = *volume_->find("compressed/b.txt")->data();
  ASSERT_TRUE(data->write(70'000, bytes_of(std::string_view(text).substr(0, 20'000))));
  std::string second = text_of(100'000).replace(70'000, 20'000, text.substr(0, 20'000));
  check();
  EXPECT_EQ(details("compressed/a.txt").stored, "LZNT1");
  EXPECT_TRUE(data_by_7z(copy_, "compressed/a.txt") == text);
  EXPECT_TRUE(data_by_7z(copy_, "compressed/b.txt") == second);
  EXPECT_TRUE(data_by_grub(copy_, "compressed/a.txt") == text);
  EXPECT_TRUE(data_by_grub(copy_, "compressed/b.txt") == second);
}

}  // namespace
}  // namespace drydock
