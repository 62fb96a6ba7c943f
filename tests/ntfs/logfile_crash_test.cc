// Crashes made of what Windows wrote: the log ends at some point of its history,
// the volume is as far behind it as the checkpoint allows, and replay_log() must
// lead to what Windows had.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "ntfs/logfile/analysis.h"
#include "ntfs/logfile/fixups.h"
#include "ntfs/logfile/format.h"
#include "ntfs/logfile/replay.h"
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

// Makes the log say that it is in use, and that `checkpoint` was its last.
void reopen(BlockDevice& volume, std::uint64_t checkpoint) {
  auto found = find_log(volume);
  ASSERT_TRUE(found);
  for (std::uint64_t at : {0u, kLogPageSize}) {
    ByteVector page(kLogPageSize);
    ASSERT_TRUE(found->file.read(at, page));
    ASSERT_TRUE(take_fixups(page));
    std::size_t start = load<RestartPage>(page)->restart_area_offset;
    auto area = *load<RestartArea>(page, start);
    area.current_lsn = checkpoint;
    area.client_in_use_list = 0;
    area.flags = 0;
    auto client = *load<LogClient>(page, start + area.client_offset);
    client.restart_lsn = checkpoint;
    ASSERT_TRUE(store(page, start, area));
    ASSERT_TRUE(store(page, start + area.client_offset, client));
    ASSERT_TRUE(put_fixups(page));
    ASSERT_TRUE(found->file.write(at, page));
  }
}

// Gives the place of `step` the LSN of the last step before it that stamps.
void set_lsn_before(HistoryVolume& volume, const std::vector<Step>& all,
                    const Step& step) {
  auto place = place_of(volume, step, true);
  if (!place || place->kind == Operation::Target::none) return;
  std::uint64_t lsn = 0;
  for (const Step& other : all) {
    if (other.action.lsn >= step.action.lsn) break;
    auto there = place_of(volume, other, true);
    auto operation = enabled_operation(other.action.redo);
    if (!there || there->kind != place->kind || !operation->stamps) continue;
    if (offset_of(volume, *there) == offset_of(volume, *place)) lsn = other.action.lsn;
  }
  auto target = Target::read(*volume.device, volume.boot, *place);
  ASSERT_TRUE(target);
  if (!target->has_lsn() || !target->sound()) return;
  ASSERT_TRUE(target->write(*volume.device, volume.boot, lsn));
}

// Takes back whatever the checkpoint says may not have reached its place.
void fall_behind(HistoryVolume& volume, std::uint64_t checkpoint) {
  const std::vector<Step> all = volume.steps;
  start_at_creation(volume);
  auto found = find_log(*volume.device);
  auto log = reader_of(found->file);
  auto analysis = analyse(*log, checkpoint, checkpoint);
  EXPECT_TRUE(analysis) << analysis.error().describe();
  if (!analysis) return;
  for (auto step = volume.steps.rbegin(); step != volume.steps.rend(); ++step) {
    auto dirty = analysis->tables.dirty_clusters.find(step->action.lcns[0]);
    if (dirty == analysis->tables.dirty_clusters.end()) continue;
    if (step->action.lsn < dirty->second) continue;
    undo(volume, *step);
    if (enabled_operation(step->action.redo)->stamps)
      set_lsn_before(volume, all, *step);
  }
}

std::vector<std::uint64_t> checkpoints_of(const HistoryVolume& volume) {
  auto found = find_log(*volume.device);
  auto log = reader_of(found->file);
  std::vector<std::uint64_t> lsns;
  auto current = log->layout().sequence_of(found->restart->current_lsn);
  for (const auto& [lsn, record] : records_of(*log)) {
    if (record.type != kCheckpointRecord) continue;
    if (log->layout().sequence_of(lsn) == current) lsns.push_back(lsn);
  }
  return lsns;
}

class LogCrash : public ::testing::TestWithParam<Sample> {};

TEST_P(LogCrash, IsReplayedFromAnyCheckpointToWhatWindowsHad) {
  DRYDOCK_CORPUS_FILE(packed, GetParam().name);
  HistoryVolume volume;
  ASSERT_TRUE(volume.unpack(packed, GetParam().offset));
  ASSERT_TRUE(volume.start_over());
  std::size_t redone = 0;
  for (std::uint64_t checkpoint : checkpoints_of(volume)) {
    SCOPED_TRACE(fmt::format("checkpoint 0x{:x}", checkpoint));
    ASSERT_TRUE(volume.start_over());
    fall_behind(volume, checkpoint);
    reopen(*volume.device, checkpoint);
    auto report = replay_log(*volume.device);
    EXPECT_TRUE(report) << report.error().describe();
    if (report) redone += report->redone_count;
    EXPECT_THAT(differences(volume), IsEmpty());
  }
  EXPECT_GT(redone, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, LogCrash,
    ::testing::Values(Sample{"ntfs/ntfs-samples/ntfs-lastaccess.raw.gz", 128 * 512},
                      Sample{"ntfs/velociraptor/test.ntfs.dd.raw.xz", 0}));

}  // namespace
}  // namespace drydock::ntfs
