// Hives made dirty by code that shares nothing with the reader, whole and
// wounded in each way that a log can be.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness/images/dirty_hive.h"
#include "repair/hive/cells.h"
#include "repair/hive/check.h"
#include "repair/hive/hive.h"
#include "repair/hive/marvin32.h"
#include "tests/repair/hive_support.h"
#include "tests/support/hive_builder.h"
#include "vhd/memory_device.h"

namespace drydock::hive {
namespace {

using images::DirtyHive;
using testing::HasSubstr;

// Four pages of one value, each of which may be older or newer than the others.
constexpr std::size_t kDataSize = 16000;

ByteVector hive_of(char letter, std::size_t size = kDataSize) {
  return HiveBuilder({.name = "ROOT", .values = {{"v", 3, std::string(size, letter)}}})
      .bytes();
}

// How many of the value's letters are `letter`; -1 where it can't be read.
std::ptrdiff_t count_of(const ByteVector& file, char letter) {
  auto hive = open_hive(file);
  if (!hive) return -1;
  auto value = hive->value(hive->root(), "v");
  if (!value) return -1;
  return std::count(value->data.begin(), value->data.end(),
                    static_cast<std::byte>(letter));
}

std::vector<LogFile> logs_of(const DirtyHive& dirty) {
  return {{"H.LOG1", dirty.log1}, {"H.LOG2", dirty.log2}};
}

Recovery recover(const DirtyHive& dirty) { return recover(dirty.hive, logs_of(dirty)); }

DirtyHive with_entries(std::uint32_t count, std::uint32_t sequence = 9) {
  auto dirty =
      images::make_dirty_with_entries(hive_of('a'), hive_of('b'), count, sequence);
  EXPECT_TRUE(dirty);
  return *std::move(dirty);
}

DirtyHive with_vector() {
  auto dirty = images::make_dirty_with_vector(hive_of('a'), hive_of('b'), 9);
  EXPECT_TRUE(dirty);
  return *std::move(dirty);
}

LogEntryHeader header_at(const ByteVector& log, std::size_t at) {
  return *load<LogEntryHeader>(log, at);
}

// Puts the entry's header back with hashes that are right for it.
void put_header(ByteVector& log, std::size_t at, LogEntryHeader header) {
  Bytes entry = Bytes(log).subspan(at, header.size);
  header.body_hash = marvin32(entry.subspan(sizeof(header)));
  ASSERT_TRUE(store(log, at, header));
  header.head_hash =
      marvin32(Bytes(log).subspan(at, offsetof(LogEntryHeader, head_hash)));
  ASSERT_TRUE(store(log, at, header));
}

TEST(HiveReplay, EntriesOfBothLogsGiveTheNewerHive) {
  DirtyHive dirty = with_entries(4);
  EXPECT_EQ(count_of(dirty.hive, 'a'), kDataSize);
  Recovery got = recover(dirty);
  ASSERT_EQ(got.report.state, RecoveryState::recovered) << got.report.reason;
  EXPECT_EQ(got.report.entry_count(), 4u);
  EXPECT_EQ(got.report.sequence, 13u);
  ByteVector newer = hive_of('b');
  EXPECT_TRUE(std::equal(newer.begin() + kBaseBlockSize, newer.end(),
                         got.file.begin() + kBaseBlockSize, got.file.end()));
}

TEST(HiveReplay, LogsAreAppliedInTheOrderOfTheirEntries) {
  DirtyHive dirty = with_entries(4);
  std::swap(dirty.log1, dirty.log2);
  Recovery got = recover(dirty);
  ASSERT_EQ(got.report.state, RecoveryState::recovered) << got.report.reason;
  EXPECT_EQ(got.report.applied[0].name, "H.LOG2");
  EXPECT_EQ(count_of(got.file, 'b'), kDataSize);
}

TEST(HiveReplay, OldLogGivesTheNewerHive) {
  Recovery got = recover(with_vector());
  ASSERT_EQ(got.report.state, RecoveryState::recovered) << got.report.reason;
  EXPECT_EQ(got.report.sequence, 10u);
  EXPECT_EQ(count_of(got.file, 'b'), kDataSize);
}

TEST(HiveReplay, HiveGrowsWithItsLogs) {
  for (bool old : {false, true}) {
    ByteVector after = hive_of('b', 60000);
    auto dirty = old ? images::make_dirty_with_vector(hive_of('a'), after, 9)
                     : images::make_dirty_with_entries(hive_of('a'), after, 3, 9);
    ASSERT_TRUE(dirty);
    Recovery got = recover(*dirty);
    ASSERT_EQ(got.report.state, RecoveryState::recovered) << got.report.reason;
    EXPECT_EQ(got.file.size(), after.size());
    EXPECT_EQ(count_of(got.file, 'b'), 60000);
  }
}

TEST(HiveReplay, SequenceNumbersMayWrap) {
  Recovery got = recover(with_entries(4, 0xfffffffe));
  ASSERT_EQ(got.report.state, RecoveryState::recovered) << got.report.reason;
  EXPECT_EQ(got.report.entry_count(), 4u);
  EXPECT_EQ(got.report.sequence, 2u);
  EXPECT_EQ(count_of(got.file, 'b'), kDataSize);
}

TEST(HiveReplay, EndsBeforeAnEntryThatIsTorn) {
  DirtyHive dirty = with_entries(4);
  dirty.log2.back() ^= std::byte{1};
  Recovery got = recover(dirty);
  ASSERT_EQ(got.report.state, RecoveryState::recovered) << got.report.reason;
  EXPECT_EQ(got.report.entry_count(), 3u);
  EXPECT_EQ(got.report.sequence, 12u);
  EXPECT_THAT(got.report.applied.back().end, HasSubstr("its hash is wrong"));
  EXPECT_GT(count_of(got.file, 'a'), 0);
  EXPECT_GT(count_of(got.file, 'b'), 0);
}

TEST(HiveReplay, EndsAtAGap) {
  DirtyHive dirty = with_entries(4);
  // The second entry of LOG1 is torn, so that LOG2 begins one too late.
  dirty.log1.back() ^= std::byte{1};
  Recovery got = recover(dirty);
  ASSERT_EQ(got.report.state, RecoveryState::recovered) << got.report.reason;
  EXPECT_EQ(got.report.entry_count(), 1u);
  EXPECT_THAT(got.report.unused,
              testing::ElementsAre("H.LOG2: it begins with entry 11, not with 10"));
}

TEST(HiveReplay, EndsBeforeWhatIsLeftFromAnEarlierRound) {
  DirtyHive dirty = with_entries(4);
  DirtyHive earlier =
      *images::make_dirty_with_entries(hive_of('b'), hive_of('c'), 1, 3);
  dirty.log2.insert(dirty.log2.end(), earlier.log1.begin() + kLogUnit,
                    earlier.log1.end());
  Recovery got = recover(dirty);
  ASSERT_EQ(got.report.state, RecoveryState::recovered) << got.report.reason;
  EXPECT_EQ(count_of(got.file, 'b'), kDataSize);
  EXPECT_THAT(got.report.applied.back().end, HasSubstr("is 3, not 13"));
}

TEST(HiveReplay, LogThatBeginsBeforeTheHiveIsntUsed) {
  DirtyHive dirty = with_entries(4);
  DirtyHive earlier =
      *images::make_dirty_with_entries(hive_of('b'), hive_of('c'), 1, 3);
  dirty.log1 = earlier.log1;
  dirty.log2.clear();
  Recovery got = recover(dirty);
  EXPECT_EQ(got.report.state, RecoveryState::not_recoverable);
  EXPECT_THAT(got.report.reason, HasSubstr("begins with entry 3, before the hive's 9"));
  EXPECT_TRUE(got.file == dirty.hive);
}

TEST(HiveReplay, BrokenHeaderIsReplacedByTheNewerLogsAlone) {
  DirtyHive dirty = with_entries(4);
  std::fill_n(dirty.hive.begin(), 512, std::byte{0});
  Recovery got = recover(dirty);
  ASSERT_EQ(got.report.state, RecoveryState::recovered) << got.report.reason;
  EXPECT_TRUE(got.report.base_block_replaced);
  EXPECT_EQ(got.report.entry_count(), 2u);
  EXPECT_EQ(got.report.applied[0].name, "H.LOG2");
  EXPECT_THAT(got.report.unused, testing::ElementsAre(HasSubstr("H.LOG1: H.LOG2 is")));
  EXPECT_EQ(load<BaseBlock>(got.file)->type, 0u);
}

TEST(HiveReplay, OldLogOfAnotherTimeIsRefused) {
  DirtyHive dirty = with_vector();
  BaseBlock base = *load<BaseBlock>(dirty.log1);
  base.last_written = base.last_written + 1;
  base.checksum = checksum(base);
  ASSERT_TRUE(store(dirty.log1, 0, base));
  Recovery got = recover(dirty);
  EXPECT_EQ(got.report.state, RecoveryState::not_recoverable);
  EXPECT_THAT(got.report.reason, HasSubstr("another time"));
}

TEST(HiveReplay, BinThatComesWithoutAHeaderIsEmpty) {
  ByteVector after = hive_of('b');
  BaseBlock base = *load<BaseBlock>(after);
  base.bins_size = base.bins_size + kBinUnit;
  ASSERT_TRUE(store(after, 0, base));
  after.resize(after.size() + kBinUnit);
  auto dirty = images::make_dirty_with_entries(hive_of('a'), after, 1, 9);
  ASSERT_TRUE(dirty);
  Recovery got = recover(*dirty);
  ASSERT_EQ(got.report.state, RecoveryState::recovered) << got.report.reason;
  EXPECT_EQ(got.report.dummy_bin_count, 1u);
  EXPECT_EQ(check(got.file).fatal_count, 0u);
  EXPECT_EQ(count_of(got.file, 'b'), kDataSize);
}

TEST(HiveReplay, GrowthBeyondWhatTheLogsHoldIsRefused) {
  DirtyHive dirty = with_entries(1);
  LogEntryHeader header = header_at(dirty.log1, kLogUnit);
  header.bins_size = 0x3ff00000;
  put_header(dirty.log1, kLogUnit, header);
  Recovery got = recover(dirty);
  EXPECT_EQ(got.report.state, RecoveryState::not_recoverable);
  EXPECT_THAT(got.report.reason, HasSubstr("can't have 1072693248 bytes of bins"));
}

TEST(HiveReplay, PageOutsideTheHiveEndsTheLog) {
  DirtyHive dirty = with_entries(1);
  PageReference page = *load<PageReference>(dirty.log1, kLogUnit + 40);
  page.offset = 0x7ffff000;
  ASSERT_TRUE(store(dirty.log1, kLogUnit + 40, page));
  put_header(dirty.log1, kLogUnit, header_at(dirty.log1, kLogUnit));
  Recovery got = recover(dirty);
  EXPECT_EQ(got.report.state, RecoveryState::not_recoverable);
  EXPECT_THAT(got.report.reason, HasSubstr("lies outside the hive"));
}

// A hive that replay leaves as no hive is shown as it lay.
TEST(HiveReplay, ResultThatIsNoHiveIsRefused) {
  ByteVector after = hive_of('b');
  std::fill_n(after.begin() + kBaseBlockSize + 0x20, 64, std::byte{0xff});
  auto dirty = images::make_dirty_with_entries(hive_of('a'), after, 1, 9);
  ASSERT_TRUE(dirty);
  Recovery got = recover(*dirty);
  EXPECT_EQ(got.report.state, RecoveryState::not_recoverable);
  EXPECT_EQ(count_of(got.file, 'a'), kDataSize);
}

// Cut at each sector: what comes out is always a hive, older or newer.
TEST(HiveReplay, TruncatedLogsGiveWhatTheyStillHold) {
  for (DirtyHive whole : {with_entries(4), with_vector()}) {
    for (ByteVector DirtyHive::*log : {&DirtyHive::log1, &DirtyHive::log2}) {
      std::uint64_t most = 0;
      for (std::size_t size = 0; size < (whole.*log).size(); size += 512) {
        DirtyHive cut = whole;
        (cut.*log).resize(size);
        Recovery got = recover(cut);
        EXPECT_EQ(count_of(got.file, 'a') + count_of(got.file, 'b'), kDataSize);
        // More of a log never gives less.
        EXPECT_GE(got.report.entry_count(), size == 0 ? 0 : most) << size;
        if (size != 0) most = got.report.entry_count();
      }
    }
  }
}

TEST(HiveReplay, TruncatedHiveIsMadeWholeOrRefused) {
  for (const DirtyHive& whole : {with_entries(4), with_vector()}) {
    std::size_t recovered = 0;
    for (std::size_t size = 0; size < whole.hive.size(); size += 512) {
      DirtyHive cut = whole;
      cut.hive.resize(size);
      Recovery got = recover(cut);
      if (got.report.state == RecoveryState::recovered) {
        ++recovered;
        EXPECT_EQ(count_of(got.file, 'a') + count_of(got.file, 'b'), kDataSize);
      } else {
        EXPECT_EQ(got.report.state, RecoveryState::not_recoverable);
        EXPECT_TRUE(got.file == cut.hive);
      }
    }
    // All its pages are in the logs but for none, so only the header is needed.
    EXPECT_GT(recovered, 0u);
  }
}

// ---- Edits

TEST(HiveReplay, EditIsMadeOnTopOfWhatTheLogsHold) {
  DirtyHive dirty = with_entries(4);
  auto hive = Hive::open(MemoryDevice(dirty.hive),
                         [&] { return Result<std::vector<LogFile>>(logs_of(dirty)); });
  ASSERT_TRUE(hive);
  EXPECT_EQ(hive->recovery().state, RecoveryState::recovered);
  EXPECT_FALSE(hive->dirty());
  ASSERT_TRUE(hive->set(hive->root(), Value::dword("added", 1)));
  auto saved = hive->save({.sequence_min = 4000});
  ASSERT_TRUE(saved);
  EXPECT_EQ(count_of(*saved, 'b'), kDataSize);
  EXPECT_EQ(read_header_facts(*saved).sequence1, 4000u);
  EXPECT_FALSE(read_header_facts(*saved).dirty());
  EXPECT_EQ(recover(*saved, logs_of(dirty)).report.state, RecoveryState::clean);
}

TEST(HiveReplay, HiveWithEmptyLogsIsTakenAsItLiesAndEdited) {
  DirtyHive dirty = with_entries(4);
  auto hive = Hive::open(MemoryDevice(dirty.hive), [] {
    return Result<std::vector<LogFile>>(std::vector<LogFile>{{"H.LOG1", {}}});
  });
  ASSERT_TRUE(hive);
  EXPECT_EQ(hive->recovery().state, RecoveryState::unlogged);
  EXPECT_TRUE(hive->set(hive->root(), Value::dword("added", 1)));
}

TEST(HiveReplay, HiveWhoseLogsCantBeReadIsShownAndNotEdited) {
  DirtyHive dirty = with_entries(4);
  auto hive = Hive::open(MemoryDevice(dirty.hive), [] {
    return Result<std::vector<LogFile>>(Error(Errc::io, "the disk is gone"));
  });
  ASSERT_TRUE(hive);
  EXPECT_TRUE(hive->dirty());
  EXPECT_TRUE(hive->value(hive->root(), "v"));
  auto set = hive->set(hive->root(), Value::dword("added", 1));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code(), Errc::busy);
  EXPECT_THAT(set.error().words(), HasSubstr("the disk is gone"));
}

TEST(HiveReplay, LogsOfACleanHiveArentEvenRead) {
  auto hive = Hive::open(MemoryDevice(hive_of('a')), [] {
    ADD_FAILURE() << "they were";
    return Result<std::vector<LogFile>>(std::vector<LogFile>());
  });
  ASSERT_TRUE(hive);
  EXPECT_EQ(hive->recovery().state, RecoveryState::clean);
}

}  // namespace
}  // namespace drydock::hive
