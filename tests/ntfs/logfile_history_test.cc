// Logs that Windows made, on the volumes that it made with them: what our
// operations make of them is judged by what Windows' own made.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/ntfs/log_sample.h"
#include "tests/support/corpus.h"

namespace drydock::ntfs {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

struct Sample {
  const char* name;
  std::uint64_t offset;  // in bytes, of the volume
};

// Takes all back, and leaves no record or block newer than it.
void take_all_back(HistoryVolume& volume) {
  for (auto step = volume.steps.rbegin(); step != volume.steps.rend(); ++step) {
    undo(volume, *step);
  }
  for (const Step& step : volume.steps) {
    auto place = place_of(volume, step, true);
    auto operation = enabled_operation(step.action.redo);
    if (!place || !operation->stamps) continue;
    auto target = Target::read(*volume.device, volume.boot, *place);
    ASSERT_TRUE(target);
    if (!target->has_lsn() || !target->sound()) continue;
    ASSERT_TRUE(target->write(*volume.device, volume.boot, 0));
  }
}

// Destroys every file record that the log made, and says how many.
std::size_t wipe_created_records(HistoryVolume& volume) {
  std::set<std::uint64_t> wiped;
  for (const Step& step : volume.steps) {
    auto place = place_of(volume, step, false);
    if (step.action.undo != kDeallocateFileRecordSegment || !place) continue;
    std::uint64_t offset = offset_of(volume, *place);
    ByteVector nothing(place->size, std::byte{0x5a});
    EXPECT_TRUE(volume.device->write(offset, nothing));
    wiped.insert(offset);
  }
  return wiped.size();
}

class LogHistory : public ::testing::TestWithParam<Sample> {};

void redo_of_what_is_in_its_place_changes_nothing(HistoryVolume& volume) {
  ASSERT_TRUE(volume.start_over());
  redo_all(volume);
  EXPECT_THAT(differences(volume), IsEmpty());
}

void taken_back_and_made_again_is_what_windows_left(HistoryVolume& volume) {
  ASSERT_TRUE(volume.start_over());
  start_at_creation(volume);
  take_all_back(volume);
  EXPECT_THAT(differences(volume), Not(IsEmpty()));
  redo_all(volume);
  EXPECT_THAT(differences(volume), IsEmpty());
}

void lost_records_are_made_again_from_the_log_alone(HistoryVolume& volume) {
  ASSERT_TRUE(volume.start_over());
  start_at_creation(volume);
  EXPECT_GT(wipe_created_records(volume), 0u);
  EXPECT_THAT(differences(volume), Not(IsEmpty()));
  redo_all(volume);
  EXPECT_THAT(differences(volume), IsEmpty());
}

// In one test, since unpacking takes longer than all three.
TEST_P(LogHistory, LeadsToWhatWindowsLeft) {
  DRYDOCK_CORPUS_FILE(packed, GetParam().name);
  HistoryVolume volume;
  ASSERT_TRUE(volume.unpack(packed, GetParam().offset));
  redo_of_what_is_in_its_place_changes_nothing(volume);
  taken_back_and_made_again_is_what_windows_left(volume);
  lost_records_are_made_again_from_the_log_alone(volume);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, LogHistory,
    ::testing::Values(Sample{"ntfs/ntfs-samples/ntfs-lastaccess.raw.gz", 128 * 512},
                      Sample{"ntfs/ntfs-samples/ntfs-ramslack.raw.gz", 128 * 512},
                      Sample{"ntfs/ntfs-samples/ntfs-2m.raw.gz", 128 * 512},
                      Sample{"ntfs/ntfs-samples/ntfs.tgz", 2048 * 512},
                      Sample{"ntfs/velociraptor/test.ntfs.dd.raw.xz", 0}));

}  // namespace
}  // namespace drydock::ntfs
