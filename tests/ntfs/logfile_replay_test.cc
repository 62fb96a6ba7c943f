// Volumes whose log is not empty, replayed and closed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ntfs/logfile/log_of_volume.h"
#include "ntfs/logfile/replay.h"
#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/overlay.h"

namespace drydock::ntfs {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(LogReplay, OfWindowsUnfinishedLogFindsItsLastCheckpointComplete) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/velociraptor/test.ntfs.dd.raw.xz");
  TempFolder folder;
  Place place{folder / "disk.raw"};
  ASSERT_TRUE(unpack(packed, place.file));
  Overlay volume(open_place(place));
  auto report = replay_log(volume);
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->major_version, 2);
  EXPECT_EQ(report->redone_count, 0u);
  EXPECT_EQ(report->transaction_count, 0u);
  EXPECT_THAT(*volume.changes(), IsEmpty());
}

TEST(LogReplay, OfAClosedLogWritesNothing) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/ntfs-samples/ntfs-lastaccess.raw.gz");
  TempFolder folder;
  Place place{folder / "disk.raw", 128 * 512};
  ASSERT_TRUE(unpack(packed, place.file));
  auto volume = write_trap(open_place(place));
  auto report = replay_log(*volume);
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->major_version, 1);
  EXPECT_EQ(report->record_count, 0u);
}

TEST(LogReplay, OfALogThatWasNeverUsedWritesNothing) {
  TempFolder folder;
  Place place{folder / "disk.raw"};
  ASSERT_TRUE(make_ntfs(place.file, 8 << 20));
  auto volume = write_trap(open_place(place));
  auto report = replay_log(*volume);
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->major_version, 0);
  EXPECT_TRUE(close_log(*volume));
}

TEST(LogClose, LeavesTwoCleanPagesAndNothingElse) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/velociraptor/test.ntfs.dd.raw.xz");
  TempFolder folder;
  Place place{folder / "disk.raw"};
  ASSERT_TRUE(unpack(packed, place.file));
  Overlay volume(open_place(place));
  ASSERT_TRUE(close_log(volume));
  auto changes = volume.changes();
  std::uint64_t changed = 0;
  for (const auto& change : *changes) changed += change.after.size();
  EXPECT_LE(changed, 2u * 4096);
  auto found = find_log(volume);
  ASSERT_TRUE(found && found->restart);
  EXPECT_TRUE(found->restart->clean());
  EXPECT_EQ(found->restart->major_version, 1);
  EXPECT_EQ(found->restart->current_lsn, 0x2892afu);
}

TEST(LogClose, MakesAVolumeThatNtfs3gTakesForClean) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/velociraptor/test.ntfs.dd.raw.xz");
  TempFolder folder;
  Place place{folder / "disk.raw"};
  ASSERT_TRUE(unpack(packed, place.file));
  auto device = open_place(place, {.writable = true});
  ASSERT_TRUE(close_log(*device));
  ASSERT_TRUE(device->flush());
  expect_sound(copy_of(place));
  auto volume = ntfs::open(device, {});
  ASSERT_TRUE(volume);
  EXPECT_TRUE((*volume)->condition()->clean());
}

}  // namespace
}  // namespace drydock::ntfs
