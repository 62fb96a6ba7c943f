#include "repair/commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/repair/commit_support.h"

namespace drydock::repair {
namespace {

using power_cut::EventKind;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Commit, BringsTheNewBytesAndSealsItsJournal) {
  Machine machine("oooooooo");
  auto receipt = machine.commit_to("onooonno");
  ASSERT_TRUE(receipt) << receipt.error().describe();
  EXPECT_EQ(machine.letters(), "onooonno");
  EXPECT_EQ(machine.states(), "sealed");
  EXPECT_EQ(receipt->journal, "disk.0001.drydock");
  EXPECT_EQ(receipt->bytes_written, 3u * 512);
  EXPECT_EQ(receipt->extent_count, 2u);
}

TEST(Commit, OfNothingTouchesNothing) {
  Machine machine("oooo");
  auto receipt = machine.commit_to("oooo");
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->journal, "");
  EXPECT_TRUE(machine.host().events().empty());
}

TEST(Commit, TakesNothingForSafeThatIsNot) {
  Machine machine("oooo");
  ASSERT_TRUE(machine.commit_to("nnoo"));
  EXPECT_TRUE(machine.host().unsafe().empty());
}

TEST(Commit, RefusesADiskThatChangedSinceTheRehearsal) {
  Machine machine("oooo");
  auto changes = machine.changes_to("onno");
  ASSERT_TRUE(machine.write(2, 'x'));
  auto receipt = machine.commit(changes);
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code(), Errc::busy);
  EXPECT_THAT(receipt.error().words(), HasSubstr("bytes at 1024 changed"));
  EXPECT_EQ(machine.letters(), "ooxo");
  EXPECT_THAT(machine.host().names(), ElementsAre("disk"));
}

TEST(Commit, RefusesToStandOnAnUnfinishedOne) {
  Machine machine("oooo");
  machine.host().cut_at(9);
  ASSERT_FALSE(machine.commit_to("nnnn"));
  Machine next(power_cut::Host::start(*machine.host().after_cut(
      power_cut::Outcome(machine.host().unsafe().front().part_count, true))));
  ASSERT_EQ(next.states(), "complete");
  auto receipt = next.commit_to("xxxx");
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code(), Errc::busy);
  EXPECT_THAT(receipt.error().describe(), HasSubstr("disk.0001.drydock"));
}

TEST(Commit, CountsItsJournalsUp) {
  Machine machine("oooo");
  ASSERT_TRUE(machine.commit_to("nooo"));
  auto second = machine.commit_to("nnoo");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->journal, "disk.0002.drydock");
  auto entries = history(machine.folder());
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[1].head.number, 2u);
  EXPECT_EQ((*entries)[1].head.time, 7u);
  EXPECT_EQ((*entries)[1].head.virtual_size, 4u * 512);
  EXPECT_EQ((*entries)[1].changed_size, 512u);
}

TEST(Commit, RecordsTheDataGuidsOfBeforeAndAfter) {
  Machine machine("oooo", Container::with_guid);
  auto before = (*machine.open_for_reading())->facts().data_guid;
  ASSERT_TRUE(machine.commit_to("nooo"));
  auto after = (*machine.open_for_reading())->facts().data_guid;
  auto journal = Journal::open(*machine.folder().open(1));
  ASSERT_TRUE(journal);
  EXPECT_NE(before, after);
  EXPECT_EQ(journal->head().data_guid, before);
  EXPECT_EQ(journal->data_guid(), after);
}

TEST(Commit, WritesNothingToTheImageWhereNoJournalCanBeMade) {
  Machine machine("oooo");
  machine.host().fail_at(1, Errc::read_only);
  auto receipt = machine.commit_to("nnnn");
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code(), Errc::read_only);
  EXPECT_EQ(machine.host().events().size(), 1u);
}

TEST(Undo, BringsTheOldBytesBack) {
  Machine machine("abcd");
  ASSERT_TRUE(machine.commit_to("xbyd"));
  auto receipt = machine.undo();
  ASSERT_TRUE(receipt) << receipt.error().describe();
  EXPECT_EQ(machine.letters(), "abcd");
  EXPECT_EQ(machine.states(), "undone");
  EXPECT_EQ(receipt->bytes_written, 2u * 512);
}

TEST(Undo, GoesBackOneChangeAtATime) {
  Machine machine("oooo", Container::with_guid);
  ASSERT_TRUE(machine.commit_to("aaoo"));
  ASSERT_TRUE(machine.commit_to("abbo"));
  ASSERT_TRUE(machine.undo());
  EXPECT_EQ(machine.letters(), "aaoo");
  ASSERT_TRUE(machine.commit_to("aaoc"));
  ASSERT_TRUE(machine.undo());
  EXPECT_EQ(machine.letters(), "aaoo");
  ASSERT_TRUE(machine.undo());
  EXPECT_EQ(machine.letters(), "oooo");
  EXPECT_EQ(machine.states(), "undone undone undone");
  auto none = machine.undo();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::not_found);
}

TEST(Undo, RefusesADiskWhoseBytesWereUsedSince) {
  Machine machine("oooo");
  ASSERT_TRUE(machine.commit_to("nnoo"));
  ASSERT_TRUE(machine.write(1, 'x'));
  std::size_t events = machine.host().events().size();
  auto receipt = machine.undo();
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code(), Errc::busy);
  EXPECT_THAT(receipt.error().words(), HasSubstr("bytes at 512"));
  EXPECT_EQ(machine.host().events().size(), events);
}

TEST(Undo, RefusesADiskThatABootWroteToElsewhere) {
  Machine machine("oooo", Container::with_guid);
  ASSERT_TRUE(machine.commit_to("nooo"));
  ASSERT_TRUE(machine.write(3, 'x'));
  auto receipt = machine.undo();
  ASSERT_FALSE(receipt);
  EXPECT_EQ(receipt.error().code(), Errc::busy);
  EXPECT_THAT(receipt.error().words(), HasSubstr("has been written to since"));
  EXPECT_EQ(machine.letters(), "noox");
}

TEST(Undo, AsksTheBytesAloneOfARawImage) {
  Machine machine("oooo");
  ASSERT_TRUE(machine.commit_to("nooo"));
  ASSERT_TRUE(machine.write(3, 'x'));
  ASSERT_TRUE(machine.undo());
  EXPECT_EQ(machine.letters(), "ooox");
}

TEST(Undo, WorksOnAnImageBroughtBackFromACopyOfThatTime) {
  Machine machine("oooo", Container::with_guid);
  ASSERT_TRUE(machine.commit_to("aooo"));
  power_cut::Files copy = machine.host().files();
  ASSERT_TRUE(machine.commit_to("aboo"));
  ASSERT_TRUE(machine.undo());
  power_cut::Files files = machine.host().files();
  files["disk"] = copy["disk"];
  Machine restored(power_cut::Host::start(files), Container::with_guid);
  ASSERT_TRUE(restored.undo());
  EXPECT_EQ(restored.letters(), "oooo");
}

TEST(Settle, FindsNothingToDoAfterACommit) {
  Machine machine("oooo");
  ASSERT_TRUE(machine.commit_to("nnnn"));
  std::size_t events = machine.host().events().size();
  auto settled = machine.settle();
  ASSERT_TRUE(settled);
  EXPECT_TRUE(settled->empty());
  EXPECT_EQ(machine.host().events().size(), events);
}

// The machine as it is found after a commit to "nnnn" that was cut when one of
// its sectors had been written.
Machine found_halfway() {
  Machine machine("oooo");
  auto changes = machine.changes_to("nnnn");
  for (std::uint64_t event = 1;; ++event) {
    Machine cut("oooo");
    cut.host().cut_at(event);
    EXPECT_FALSE(cut.commit(changes));
    const auto& last = cut.host().events().back();
    if (last.kind != EventKind::write || last.file != "disk") continue;
    return Machine(
        power_cut::Host::start(*cut.host().after_cut({false, true, false, false})));
  }
}

TEST(Settle, RollsACompleteJournalForward) {
  Machine machine = found_halfway();
  ASSERT_EQ(machine.letters(), "onoo");
  EXPECT_EQ(machine.shown_letters(), "nnnn");
  auto settled = machine.settle();
  ASSERT_TRUE(settled) << settled.error().describe();
  ASSERT_EQ(settled->size(), 1u);
  EXPECT_EQ(settled->front().before, JournalState::complete);
  EXPECT_EQ(settled->front().after, JournalState::sealed);
  EXPECT_EQ(settled->front().receipt.journal, "disk.0001.drydock");
  EXPECT_EQ(machine.letters(), "nnnn");
  EXPECT_TRUE(machine.host().unsafe().empty());
}

TEST(Settle, TouchesNothingWhereSomebodyElseWrote) {
  Machine machine = found_halfway();
  ASSERT_TRUE(machine.write(2, 'x'));
  std::size_t events = machine.host().events().size();
  auto settled = machine.settle();
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().code(), Errc::busy);
  EXPECT_THAT(settled.error().describe(), HasSubstr("bytes at 1024 are neither"));
  EXPECT_THAT(settled.error().describe(), HasSubstr("disk.0001.drydock"));
  EXPECT_EQ(machine.host().events().size(), events);
  EXPECT_THAT(machine.shown_letters(), HasSubstr("neither"));
}

TEST(Settle, TouchesNoDiskOfAnotherSize) {
  Machine machine = found_halfway();
  power_cut::Files files = machine.host().files();
  files["disk"] = Machine::files_with("ooooo", Container::raw)["disk"];
  Machine other(power_cut::Host::start(files));
  auto settled = other.settle();
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().code(), Errc::busy);
  EXPECT_EQ(other.letters(), "ooooo");
}

TEST(Settle, StopsAtAJournalThatCannotBeRead) {
  Machine machine = found_halfway();
  auto journal = machine.folder().open_for_writing(1);
  ASSERT_TRUE((*journal)->write(8, sector_of('x')));
  auto settled = machine.settle();
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().code(), Errc::corrupt);
  EXPECT_EQ(machine.letters(), "onoo");
  EXPECT_THAT(machine.states(), HasSubstr("no journal"));
}

TEST(Settle, StopsAtAJournalUnderAnotherNumber) {
  Machine machine("oooo");
  ASSERT_TRUE(machine.commit_to("nooo"));
  power_cut::Files files = machine.host().files();
  files["disk.0002.drydock"] = files["disk.0001.drydock"];
  Machine copied(power_cut::Host::start(files));
  auto settled = copied.settle();
  ASSERT_FALSE(settled);
  EXPECT_THAT(settled.error().describe(), HasSubstr("it says that it is journal 1"));
}

TEST(Settle, RemovesAnIncompleteJournal) {
  Machine machine("oooo");
  ASSERT_TRUE(machine.folder().create(1));
  auto settled = machine.settle();
  ASSERT_TRUE(settled);
  ASSERT_EQ(settled->size(), 1u);
  EXPECT_EQ(settled->front().after, JournalState::incomplete);
  EXPECT_THAT(machine.host().names(), ElementsAre("disk"));
}

TEST(JournalNames, AreReadOnlyAsTheyAreWritten) {
  EXPECT_EQ(journal_name("a.vhdx", 7), "a.vhdx.0007.drydock");
  EXPECT_EQ(parse_journal_name("a.vhdx", "a.vhdx.0007.drydock"), 7u);
  EXPECT_EQ(parse_journal_name("a.vhdx", "a.vhdx.12345.drydock"), 12345u);
  EXPECT_EQ(parse_journal_name("a.vhdx", "a.vhdx.00007.drydock"), std::nullopt);
  EXPECT_EQ(parse_journal_name("a.vhdx", "a.vhdx.0000.drydock"), std::nullopt);
  EXPECT_EQ(parse_journal_name("a.vhdx", "a.vhdx.007.drydock"), std::nullopt);
  EXPECT_EQ(parse_journal_name("a.vhdx", "a.vhdx.+007.drydock"), std::nullopt);
  EXPECT_EQ(parse_journal_name("a.vhdx", "b.vhdx.0007.drydock"), std::nullopt);
  EXPECT_EQ(parse_journal_name("a", "a.vhdx.0007.drydock"), std::nullopt);
  EXPECT_EQ(parse_journal_name("a.vhdx", "a.vhdx.drydock"), std::nullopt);
}

}  // namespace
}  // namespace drydock::repair
