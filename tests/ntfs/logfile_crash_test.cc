// Crashes made of what Windows wrote: the log ends at some point of its history,
// the volume is as far behind it as the checkpoint allows, and replay_log() must
// lead to what Windows had.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ntfs/logfile/analysis.h"
#include "ntfs/record/fixups.h"
#include "ntfs/logfile/format.h"
#include "ntfs/logfile/replay.h"
#include "tests/ntfs/log_sample.h"
#include "tests/support/corpus.h"

namespace drydock::ntfs {
namespace {

using ::testing::IsEmpty;

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

// Ends the log with `last`, as if nothing after it had been written.
void cut_log(BlockDevice& volume, const LogRecord& last) {
  auto found = find_log(volume);
  ASSERT_TRUE(found);
  auto layout = *log_layout(*found->restart, found->file.size());
  std::uint64_t end = (last.end - 1) / kLogPageSize;
  ByteVector nothing(kLogPageSize);
  for (std::uint64_t i = 2; i < layout.page_count(); ++i) {
    bool copy = i < layout.first_record_page();
    if (!copy && i <= end) continue;
    ASSERT_TRUE(found->file.write(i * kLogPageSize, nothing));
  }
  ByteVector page(kLogPageSize);
  ASSERT_TRUE(found->file.read(end * kLogPageSize, page));
  ASSERT_TRUE(take_fixups(page));
  auto rest = MutableBytes(page).subspan(last.end - end * kLogPageSize);
  std::ranges::fill(rest, std::byte{0});
  auto header = *load<RecordPage>(page);
  header.last_lsn = last.lsn;
  header.last_end_lsn = last.lsn;
  ASSERT_TRUE(store(page, 0, header));
  ASSERT_TRUE(put_fixups(page));
  ASSERT_TRUE(found->file.write(end * kLogPageSize, page));
}

// A log with its end at `last`: what is newest below it, of each kind.
struct Cut {
  std::uint64_t last_lsn = 0;
  std::uint64_t checkpoint_lsn = 0;
  std::uint64_t finished_lsn = 0;  // the end of the last transaction that has one
  // What compensations keep of the one that goes on: LSNs above the first, up to
  // the second.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> kept;
};

// Cuts in the middle of transactions, some of those that the log has.
std::vector<Cut> cuts_of(const std::map<std::uint64_t, LogRecord>& records) {
  std::vector<Cut> cuts;
  Cut cut;
  int count = 0;
  for (const auto& [lsn, record] : records) {
    cut.last_lsn = lsn;
    if (record.type == kCheckpointRecord) {
      cut.checkpoint_lsn = lsn;
      continue;
    }
    auto action = decode_action(record);
    if (action->redo == kForgetTransaction) {
      cut.finished_lsn = lsn;
      cut.kept.clear();
    } else if (action->undo == kCompensationLogRecord) {
      cut.kept.emplace_back(record.undo_next_lsn, lsn);
    } else if (!action->lcns.empty() && cut.checkpoint_lsn != 0 && ++count % 31 == 0) {
      cuts.push_back(cut);
    }
  }
  return cuts;
}

// Takes back every step above `lsn`, and lets nothing know that it was there.
void go_back_to(HistoryVolume& volume, std::uint64_t lsn, const Cut& cut) {
  auto is_kept = [&](std::uint64_t made) {
    return std::ranges::any_of(cut.kept, [&](const auto& range) {
      return made > range.first && made <= range.second;
    });
  };
  for (auto step = volume.steps.rbegin(); step != volume.steps.rend(); ++step) {
    if (step->action.lsn <= lsn) return;
    if (is_kept(step->action.lsn)) continue;
    undo(volume, *step);
    if (enabled_operation(step->action.redo)->stamps) {
      set_lsn_before(volume, volume.steps, *step);
    }
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

// Of a volume that deleted no file: what a deleted one was can't be had back.
TEST(LogCrashAt, TheMiddleOfATransactionIsReplayedToItsStart) {
  DRYDOCK_CORPUS_FILE(packed, "ntfs/ntfs-samples/ntfs-lastaccess.raw.gz");
  HistoryVolume volume;
  ASSERT_TRUE(volume.unpack(packed, 128 * 512));
  ASSERT_TRUE(volume.start_over());
  auto found = find_log(*volume.device);
  auto log = reader_of(found->file);
  auto records = records_of(*log);
  std::uint64_t undone = 0;
  for (const Cut& cut : cuts_of(records)) {
    SCOPED_TRACE(fmt::format("the log ends with 0x{:x}", cut.last_lsn));
    ASSERT_TRUE(volume.start_over());
    start_at_creation(volume);
    go_back_to(volume, cut.finished_lsn, cut);
    auto wanted = volume.device;
    ASSERT_TRUE(volume.start_over());
    start_at_creation(volume);
    go_back_to(volume, cut.last_lsn, cut);
    cut_log(*volume.device, records.at(cut.last_lsn));
    reopen(*volume.device, cut.checkpoint_lsn);
    auto report = replay_log(*volume.device);
    ASSERT_TRUE(report) << report.error().describe();
    EXPECT_EQ(report->transaction_count, 1u);
    undone += report->undone_count;
    EXPECT_THAT(differences(volume, *wanted, {.lsn = false}), IsEmpty());
  }
  EXPECT_GT(undone, 0u);
}

}  // namespace
}  // namespace drydock::ntfs
