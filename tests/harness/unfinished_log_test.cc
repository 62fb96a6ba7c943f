// Logs that the harness makes: what replay makes of them, and what others do.

#include "harness/images/unfinished_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/logfile/replay.h"
#include "ntfs/ntfs/volume.h"
#include "ntfs/open_volume.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/file_device.h"
#include "vhd/overlay.h"

namespace drydock::images {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kFileSizeMax = 4096;

class UnfinishedLogTest : public ::testing::TestWithParam<std::uint16_t> {
 protected:
  void SetUp() override {
    std::filesystem::path file = folder_ / "disk.raw";
    ASSERT_EQ(run({"truncate", "-s", "8M", file.string()}).exit_code, 0);
    ASSERT_EQ(run({"mkntfs", "-q", "-F", "-f", file.string()}).exit_code, 0);
    auto below = FileDevice::open(file, {.writable = true});
    ASSERT_TRUE(below);
    disk_ = *below;
    auto volume = ntfs::open(disk_, {.writable = true});
    ASSERT_TRUE(volume);
    log_.major_version = GetParam();
    log_.finished_record = put(**volume, "finished.txt", "what was in the file");
    log_.unfinished_record = put(**volume, "unfinished.txt", "what was in the other");
    ASSERT_TRUE((*volume)->flush());
  }

  // The number of the record that the file got.
  std::uint64_t put(FileSystem& volume, const std::string& name,
                    std::string_view text) {
    auto file = volume.put(name, bytes_of(text));
    EXPECT_TRUE(file) << file.error().describe();
    return file->stat().id & ((std::uint64_t{1} << 48) - 1);
  }

  // A file's text as it lies there, whatever the log has to say.
  std::string text_of(DevicePtr device, const std::string& name) {
    auto volume = ntfs::open(device, {.unclean = Unclean::discard});
    if (!volume) return volume.error().describe();
    auto bytes = read_file(*(*volume)->find(name), kFileSizeMax);
    return bytes ? std::string(as_text(*bytes)) : bytes.error().describe();
  }

  TempFolder folder_;
  DevicePtr disk_;
  UnfinishedLog log_;
};

TEST_P(UnfinishedLogTest, WhatWasFinishedIsThereAfterReplayAndTheRestIsNot) {
  ASSERT_TRUE(lay_unfinished_log(*disk_, log_));
  EXPECT_EQ(text_of(disk_, "finished.txt"), "what was in the file");
  EXPECT_EQ(text_of(disk_, "unfinished.txt"), "UUUUUUUUUUUUUUUUUUUUU");
  auto overlay = std::make_shared<Overlay>(disk_);
  auto report = ntfs::replay_log(*overlay);
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->major_version, GetParam());
  EXPECT_EQ(report->redone_count, 1u);
  EXPECT_EQ(report->undone_count, 1u);
  EXPECT_EQ(report->transaction_count, 1u);
  EXPECT_EQ(text_of(overlay, "finished.txt"), "FFFFFFFFFFFFFFFFFFFF");
  EXPECT_EQ(text_of(overlay, "unfinished.txt"), "what was in the other");
}

TEST_P(UnfinishedLogTest, IsCleanOnceItIsReplayedAndClosed) {
  ASSERT_TRUE(lay_unfinished_log(*disk_, log_));
  auto overlay = std::make_shared<Overlay>(disk_);
  ASSERT_TRUE(ntfs::replay_log(*overlay));
  ASSERT_TRUE(ntfs::close_log(*overlay));
  auto volume = ntfs::open(overlay, {});
  ASSERT_TRUE(volume);
  EXPECT_TRUE((*volume)->condition()->clean());
  auto again = ntfs::replay_log(*overlay);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->record_count, 0u);
}

TEST_P(UnfinishedLogTest, ReplayedTwiceIsAsReplayedOnce) {
  ASSERT_TRUE(lay_unfinished_log(*disk_, log_));
  auto once = std::make_shared<Overlay>(disk_);
  ASSERT_TRUE(ntfs::replay_log(*once));
  auto twice = std::make_shared<Overlay>(once);
  auto report = ntfs::replay_log(*twice);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->redone_count, 0u);
  EXPECT_EQ(text_of(twice, "finished.txt"), "FFFFFFFFFFFFFFFFFFFF");
  EXPECT_EQ(text_of(twice, "unfinished.txt"), "what was in the other");
}

TEST_P(UnfinishedLogTest, AnOperationThatWeDontMakeIsNamedAndNothingIsWritten) {
  log_.operation = 0x12;
  ASSERT_TRUE(lay_unfinished_log(*disk_, log_));
  Overlay overlay(disk_);
  auto report = ntfs::replay_log(overlay);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), Errc::unsupported);
  EXPECT_THAT(report.error().words(), HasSubstr("SetIndexEntryVcnAllocation"));
  EXPECT_EQ(overlay.kept_size(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Versions, UnfinishedLogTest,
                         ::testing::Values(std::uint16_t{1}, std::uint16_t{2}));

}  // namespace
}  // namespace drydock::images
