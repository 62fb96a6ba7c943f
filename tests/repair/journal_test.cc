#include "repair/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "harness/power_cut/cuts.h"
#include "repair/journal_format.h"
#include "vhd/base/try.h"
#include "vhd/memory_device.h"

namespace drydock::repair {
namespace {

using testing::HasSubstr;

constexpr Guid kId = "9dea862c-5cdd-4e70-acc1-f32b344d4795"_guid;
constexpr Guid kDataGuid = "11111111-2222-3333-4444-555555555555"_guid;
constexpr std::uint64_t kDiskSize = 8 << 20;

JournalHead example_head() {
  return {.id = kId,
          .number = 3,
          .time = 42,
          .virtual_size = kDiskSize,
          .data_guid = kDataGuid,
          .description = R"({"what":"example"})"};
}

ByteVector filled(std::size_t size, int with) {
  return ByteVector(size, static_cast<std::byte>(with));
}

std::vector<Overlay::Change> example_changes() {
  return {{.offset = 512, .before = filled(1024, 1), .after = filled(1024, 2)},
          {.offset = 4096, .before = filled(512, 3), .after = filled(512, 4)}};
}

std::shared_ptr<MemoryDevice> example_file() {
  auto file = std::make_shared<MemoryDevice>(0);
  auto journal = Journal::write(file, example_head(), example_changes());
  EXPECT_TRUE(journal) << journal.error().describe();
  return file;
}

// Opens it and reads all of it: what settle() would have to believe.
Done read_all(DevicePtr file) {
  Journal journal = TRY(Journal::open(std::move(file)));
  for (std::size_t i = 0; i < journal.extent_count(); ++i) TRY(journal.read(i));
  return {};
}

TEST(Journal, GivesBackWhatWasWritten) {
  auto journal = Journal::open(example_file());
  ASSERT_TRUE(journal) << journal.error().describe();
  EXPECT_EQ(journal->state(), JournalState::complete);
  EXPECT_EQ(journal->head().id, kId);
  EXPECT_EQ(journal->head().number, 3u);
  EXPECT_EQ(journal->head().time, 42u);
  EXPECT_EQ(journal->head().virtual_size, kDiskSize);
  EXPECT_EQ(journal->head().data_guid, kDataGuid);
  EXPECT_EQ(journal->head().description, R"({"what":"example"})");
  EXPECT_EQ(journal->changed_size(), 1536u);
  ASSERT_EQ(journal->extent_count(), 2u);
  auto second = journal->read(1);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->offset, 4096u);
  EXPECT_EQ(second->before, filled(512, 3));
  EXPECT_EQ(second->after, filled(512, 4));
}

TEST(Journal, KeepsALongChangeAsSeveralExtents) {
  ByteVector after = filled(5 << 19, 7);
  after.back() = std::byte{8};
  auto file = std::make_shared<MemoryDevice>(0);
  auto journal =
      Journal::write(file, example_head(),
                     {{.offset = 1024, .before = filled(5 << 19, 0), .after = after}});
  ASSERT_TRUE(journal) << journal.error().describe();
  ASSERT_EQ(journal->extent_count(), 3u);
  auto last = journal->read(2);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->offset, 1024 + (std::uint64_t{2} << 20));
  EXPECT_EQ(last->after.size(), std::size_t{1} << 19);
  EXPECT_EQ(last->after.back(), std::byte{8});
}

TEST(Journal, NeedsNoMoreRoomForItsMarks) {
  auto file = example_file();
  std::uint64_t size = file->size();
  auto journal = Journal::open(file);
  ASSERT_TRUE(journal->advance(JournalState::sealed, kId));
  ASSERT_TRUE(journal->advance(JournalState::undoing, std::nullopt));
  ASSERT_TRUE(journal->advance(JournalState::undone, kDataGuid));
  EXPECT_EQ(file->size(), size);
}

TEST(Journal, RemembersEachStateAndItsDataGuid) {
  auto file = example_file();
  auto journal = Journal::open(file);
  ASSERT_TRUE(journal->advance(JournalState::sealed, kId));
  EXPECT_EQ(Journal::open(file)->state(), JournalState::sealed);
  EXPECT_EQ(Journal::open(file)->data_guid(), kId);
  ASSERT_TRUE(journal->advance(JournalState::undoing, std::nullopt));
  EXPECT_EQ(Journal::open(file)->state(), JournalState::undoing);
  EXPECT_EQ(Journal::open(file)->data_guid(), std::nullopt);
  ASSERT_TRUE(journal->advance(JournalState::undone, kDataGuid));
  EXPECT_EQ(Journal::open(file)->state(), JournalState::undone);
  EXPECT_EQ(Journal::open(file)->data_guid(), kDataGuid);
}

TEST(Journal, TakesNoStepOutOfOrder) {
  auto file = example_file();
  auto journal = Journal::open(file);
  EXPECT_EQ(journal->advance(JournalState::undoing, {}).error().code(),
            Errc::bad_argument);
  EXPECT_EQ(journal->advance(JournalState::complete, {}).error().code(),
            Errc::bad_argument);
  ASSERT_TRUE(journal->advance(JournalState::undone, {}));
  EXPECT_THAT(journal->advance(JournalState::sealed, {}).error().words(),
              HasSubstr("undone doesn't become sealed"));
}

TEST(Journal, RefusesChangesThatAreNone) {
  auto words = [](std::vector<Overlay::Change> changes) {
    auto journal =
        Journal::write(std::make_shared<MemoryDevice>(0), example_head(), changes);
    return journal ? std::string() : std::string(to_string(journal.error().code()));
  };
  EXPECT_EQ(words({{.offset = 0, .before = {}, .after = {}}}), "bad_argument");
  EXPECT_EQ(words({{.offset = 0, .before = filled(1, 0), .after = filled(2, 0)}}),
            "bad_argument");
  EXPECT_EQ(
      words({{.offset = kDiskSize, .before = filled(1, 0), .after = filled(1, 1)}}),
      "bad_argument");
  EXPECT_EQ(words({{.offset = 8, .before = filled(8, 0), .after = filled(8, 1)},
                   {.offset = 15, .before = filled(8, 0), .after = filled(8, 1)}}),
            "bad_argument");
}

TEST(Journal, RefusesAFileThatIsNone) {
  auto stranger = std::make_shared<MemoryDevice>(filled(100000, 'x'));
  auto journal = Journal::open(stranger);
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code(), Errc::corrupt);
  EXPECT_THAT(journal.error().words(), HasSubstr("no journal"));
}

TEST(Journal, IsIncompleteWhileItHasNoMark) {
  EXPECT_EQ(Journal::open(std::make_shared<MemoryDevice>(0))->state(),
            JournalState::incomplete);
  EXPECT_EQ(Journal::open(std::make_shared<MemoryDevice>(100))->state(),
            JournalState::incomplete);
  auto file = example_file();
  ASSERT_TRUE(file->write(format::mark_offset(JournalState::complete),
                          filled(format::kSectorSize, 0)));
  auto journal = Journal::open(file);
  ASSERT_TRUE(journal);
  EXPECT_EQ(journal->state(), JournalState::incomplete);
  EXPECT_EQ(journal->head().number, 0u);
}

TEST(Journal, SaysThatItComesFromANewerVersion) {
  auto file = example_file();
  auto head = *load<format::Head>(file->bytes());
  head.version = 2;
  head.checksum = format::checksum_of(head);
  ASSERT_TRUE(file->write(0, bytes_of(head)));
  auto journal = Journal::open(file);
  ASSERT_FALSE(journal);
  EXPECT_EQ(journal.error().code(), Errc::unsupported);
  EXPECT_THAT(journal.error().words(), HasSubstr("version 2"));
}

// Every bit that carries meaning is under a checksum or a comparison.
TEST(Journal, IsNeverBelievedWhereAByteOfItRotted) {
  auto file = example_file();
  ASSERT_TRUE(Journal::open(file)->advance(JournalState::sealed, kDataGuid));
  ByteVector sound(file->bytes().begin(), file->bytes().end());
  format::Layout layout = format::layout_of(18, 2, 1536);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> parts = {
      {0, format::kSectorSize},
      {format::mark_offset(JournalState::complete), format::kSectorSize},
      {format::mark_offset(JournalState::sealed), format::kSectorSize},
      {format::kDescriptionOffset, 18},
      {layout.table_offset, 2 * sizeof(format::Extent)},
      {layout.bytes_offset, 2 * 1536}};
  std::size_t believed = 0;
  for (auto [offset, length] : parts) {
    for (std::uint64_t at = offset; at < offset + length; ++at) {
      ByteVector rotten = sound;
      rotten[at] ^= std::byte{0x10};
      if (read_all(std::make_shared<MemoryDevice>(rotten))) ++believed;
    }
  }
  EXPECT_EQ(believed, 0u);
  EXPECT_TRUE(read_all(std::make_shared<MemoryDevice>(sound)));
}

TEST(Journal, IsNotBelievedWhereAMarkIsMissingBeforeAnother) {
  auto file = example_file();
  auto journal = Journal::open(file);
  ASSERT_TRUE(journal->advance(JournalState::sealed, {}));
  ASSERT_TRUE(journal->advance(JournalState::undoing, {}));
  ASSERT_TRUE(file->write(format::mark_offset(JournalState::sealed),
                          filled(format::kSectorSize, 0)));
  EXPECT_THAT(Journal::open(file).error().words(), HasSubstr("is missing"));
}

TEST(Journal, IsNotBelievedWhereItIsShorterThanItsHeadSays) {
  auto file = example_file();
  ASSERT_TRUE(file->resize(file->size() - 1));
  EXPECT_EQ(Journal::open(file).error().code(), Errc::corrupt);
}

// Cut off while it is written, it is incomplete or whole, and never an error:
// settle() has to tell by itself.
TEST(JournalPowerCut, LeavesItIncompleteOrWhole) {
  power_cut::Files before;
  before["j"] = power_cut::Content(ByteVector());
  auto work = [](const std::shared_ptr<power_cut::Host>& host) {
    static_cast<void>(bool(Journal::write(*host->open_for_writing("j"), example_head(),
                                          example_changes())));
  };
  std::size_t incomplete_count = 0;
  std::size_t whole_count = 0;
  auto judge = [&](const power_cut::Files& after) -> Done {
    Journal journal = TRY(Journal::open(after.at("j").device()));
    ++(journal.state() == JournalState::incomplete ? incomplete_count : whole_count);
    return read_all(after.at("j").device());
  };
  power_cut::CutOptions options{.outcome_count_max = 500};
  auto tally = power_cut::for_each_cut(before, work, judge, options);
  ASSERT_TRUE(tally) << tally.error().describe();
  std::cout << to_string(*tally, options.seed) << '\n';
  EXPECT_GT(incomplete_count, 500u);
  EXPECT_GE(whole_count, 2u);
}

}  // namespace
}  // namespace drydock::repair
