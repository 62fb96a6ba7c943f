#include <gtest/gtest.h>

#include "harness/power_cut/cuts.h"
#include "harness/power_cut/host.h"
#include "vhd/base/try.h"
#include "vhd/slice.h"

namespace drydock::power_cut {
namespace {

ByteVector filled(std::size_t size, char with) {
  return ByteVector(size, static_cast<std::byte>(with));
}

std::string first_of_each_sector(const Content& content) {
  std::string text;
  for (std::uint64_t at = 0; at < content.size(); at += kSectorSize) {
    std::byte first{};
    if (!content.read(at, MutableBytes(&first, 1))) return "unreadable";
    text += first == std::byte{0} ? '.' : static_cast<char>(first);
  }
  return text;
}

// A disk with one file "a" of sectors that hold "oooo".
Files one_file() {
  Files files;
  files["a"] = Content(filled(4 * kSectorSize, 'o'));
  return files;
}

std::shared_ptr<Host> host_with_pending_write(std::string_view text) {
  std::shared_ptr<Host> host = Host::start(one_file());
  DevicePtr file = *host->open_for_writing("a");
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == 'o') continue;
    EXPECT_TRUE(file->write(i * kSectorSize, filled(kSectorSize, text[i])));
  }
  return host;
}

TEST(PowerCutContent, CopiesDoNotSeeEachOthersWrites) {
  Content first(filled(3 * 4096, 'o'));
  ASSERT_TRUE(first.write(4096, filled(10, 'a')));
  Content second = first;
  ASSERT_TRUE(second.write(4096, filled(10, 'b')));
  EXPECT_EQ(first_of_each_sector(first).substr(8, 2), "ao");
  EXPECT_EQ(first_of_each_sector(second).substr(8, 2), "bo");
}

TEST(PowerCutContent, WhatWasCutOffReadsAsZerosAfterGrowing) {
  Content content(filled(8192, 'o'));
  ASSERT_TRUE(content.resize(512 + 100));
  ASSERT_TRUE(content.resize(8192));
  EXPECT_EQ(first_of_each_sector(content), "oo..............");
  std::byte beyond{1};
  ASSERT_TRUE(content.read(512 + 100, MutableBytes(&beyond, 1)));
  EXPECT_EQ(beyond, std::byte{0});
}

TEST(PowerCutHost, AnyPartOfAnUnflushedWriteMayBeLost) {
  std::shared_ptr<Host> host = Host::start(one_file());
  DevicePtr file = *host->open_for_writing("a");
  ASSERT_TRUE(file->write(0, filled(3 * kSectorSize, 'n')));
  ASSERT_EQ(host->unsafe().size(), 1u);
  ASSERT_EQ(host->unsafe()[0].part_count, 3u);
  Files after = *host->after_cut({true, false, true});
  EXPECT_EQ(first_of_each_sector(after["a"]), "nono");
}

TEST(PowerCutHost, AFlushedWriteIsNeverLost) {
  std::shared_ptr<Host> host = host_with_pending_write("nooo");
  ASSERT_TRUE((*host->open_for_writing("a"))->flush());
  EXPECT_TRUE(host->unsafe().empty());
  Files after = *host->after_cut({});
  EXPECT_EQ(first_of_each_sector(after["a"]), "nooo");
}

TEST(PowerCutHost, ALaterWriteMayBeKeptWhereAnEarlierOneIsLost) {
  std::shared_ptr<Host> host = host_with_pending_write("n1oo");
  Files after = *host->after_cut({false, true});
  EXPECT_EQ(first_of_each_sector(after["a"]), "o1oo");
}

TEST(PowerCutHost, ASectorIsWrittenWithAllThatProgramsPutIntoIt) {
  std::shared_ptr<Host> host = Host::start(one_file());
  DevicePtr file = *host->open_for_writing("a");
  ASSERT_TRUE(file->write(0, filled(1, '1')));
  ASSERT_TRUE(file->write(1, filled(1, '2')));
  Files after = *host->after_cut({false, true});
  ByteVector head(3);
  ASSERT_TRUE(after["a"].read(0, head));
  EXPECT_EQ(as_text(head), "12o");
}

TEST(PowerCutHost, ALostGrowthLosesWhatWasWrittenThere) {
  std::shared_ptr<Host> host = Host::start(one_file());
  DevicePtr file = *host->open_for_writing("a");
  ASSERT_TRUE(file->resize(6 * kSectorSize));
  ASSERT_TRUE(file->write(4 * kSectorSize, filled(kSectorSize, 'n')));
  EXPECT_EQ(first_of_each_sector((*host->after_cut({false, true}))["a"]), "oooo");
  EXPECT_EQ(first_of_each_sector((*host->after_cut({true, false}))["a"]), "oooo..");
  EXPECT_EQ(first_of_each_sector((*host->after_cut({true, true}))["a"]), "oooon.");
}

TEST(PowerCutHost, AFlushOfAFileDoesNotSaveItsName) {
  std::shared_ptr<Host> host = Host::start({});
  DevicePtr file = *host->create("new");
  ASSERT_TRUE(file->flush());
  EXPECT_FALSE((*host->after_cut({false})).contains("new"));
  ASSERT_TRUE(host->flush_names());
  EXPECT_TRUE((*host->after_cut({})).contains("new"));
}

TEST(PowerCutHost, ARemovedFileMayComeBackWithItsBytes) {
  std::shared_ptr<Host> host = Host::start(one_file());
  ASSERT_TRUE(host->remove("a"));
  EXPECT_TRUE(host->names().empty());
  EXPECT_EQ(first_of_each_sector((*host->after_cut({false}))["a"]), "oooo");
  EXPECT_FALSE((*host->after_cut({true})).contains("a"));
}

TEST(PowerCutHost, EverythingFailsOnceThePowerIsOff) {
  std::shared_ptr<Host> host = Host::start(one_file());
  DevicePtr file = *host->open_for_writing("a");
  host->cut_at(2);
  EXPECT_TRUE(file->write(0, filled(1, 'n')));
  EXPECT_FALSE(file->flush());
  EXPECT_TRUE(host->is_off());
  EXPECT_FALSE(file->write(0, filled(1, 'n')));
  std::byte into{};
  EXPECT_FALSE(file->read(0, MutableBytes(&into, 1)));
  EXPECT_FALSE(host->open("a"));
  EXPECT_EQ(host->unsafe().size(), 1u);
}

TEST(PowerCutHost, AFlushThatFailedOnceSavesNothingLater) {
  std::shared_ptr<Host> host = Host::start(one_file());
  DevicePtr file = *host->open_for_writing("a");
  host->fail_at(2);
  ASSERT_TRUE(file->write(0, filled(kSectorSize, 'n')));
  EXPECT_FALSE(file->flush());
  EXPECT_TRUE(file->flush());
  EXPECT_EQ(first_of_each_sector(host->files()["a"]), "nooo");
  EXPECT_EQ(first_of_each_sector((*host->after_cut({}))["a"]), "oooo");
}

TEST(PowerCutHost, AFlushReachesItThroughASlice) {
  std::shared_ptr<Host> host = Host::start(one_file());
  auto slice = Slice::create(*host->open_for_writing("a"), kSectorSize, kSectorSize);
  ASSERT_TRUE(slice);
  ASSERT_TRUE((*slice)->write(0, filled(kSectorSize, 'n')));
  ASSERT_EQ(host->unsafe().size(), 1u);
  EXPECT_TRUE((*slice)->flush());
  EXPECT_TRUE(host->unsafe().empty());
}

TEST(PowerCutOutcomes, AllAreTriedWhileTheyAreFew) {
  Outcomes outcomes =
      outcomes_of({{.event = 1, .part_count = 2}, {.event = 2, .part_count = 1}},
                  {.outcome_count_max = 8});
  EXPECT_TRUE(outcomes.complete);
  EXPECT_EQ(outcomes.tried.size(), 8u);
}

TEST(PowerCutOutcomes, ASeedDrawsTheSameAgainWhereTheyAreMany) {
  std::vector<Unsafe> many = {{.event = 1, .part_count = 100}};
  Outcomes first = outcomes_of(many, {.seed = 7, .outcome_count_max = 20});
  EXPECT_FALSE(first.complete);
  EXPECT_EQ(first.tried.size(), 20u);
  EXPECT_EQ(first.tried, outcomes_of(many, {.seed = 7, .outcome_count_max = 20}).tried);
  EXPECT_NE(first.tried, outcomes_of(many, {.seed = 8, .outcome_count_max = 20}).tried);
}

// A store of one record: the last sector says in which other sector it lies.
// It holds "1" in sector 1 before, and "2" in sector 2 after.
Files record_store() {
  Files files = one_file();
  EXPECT_TRUE(files["a"].write(kSectorSize, filled(kSectorSize, '1')));
  EXPECT_TRUE(files["a"].write(3 * kSectorSize, filled(kSectorSize, '\1')));
  return files;
}

Done judge_record(const Files& after) {
  std::byte place{};
  TRY(after.at("a").read(3 * kSectorSize, MutableBytes(&place, 1)));
  char record =
      first_of_each_sector(after.at("a"))[std::to_integer<std::size_t>(place)];
  if (record == '1' || record == '2') return {};
  return Error(Errc::corrupt, "the pointer shows a sector that holds no record");
}

enum class Order { record_first, no_flush_between, pointer_first };

Work move_record(Order order) {
  return [order](const std::shared_ptr<Host>& host) {
    auto run = [&]() -> Done {
      DevicePtr file = TRY(host->open_for_writing("a"));
      ByteVector two = filled(kSectorSize, '2');
      ByteVector pointer = filled(kSectorSize, '\2');
      bool swapped = order == Order::pointer_first;
      TRY(file->write(swapped ? 3 * kSectorSize : 2 * kSectorSize,
                      swapped ? pointer : two));
      if (order != Order::no_flush_between) TRY(file->flush());
      TRY(file->write(swapped ? 2 * kSectorSize : 3 * kSectorSize,
                      swapped ? two : pointer));
      return file->flush();
    };
    static_cast<void>(static_cast<bool>(run()));
  };
}

TEST(PowerCuts, FindNoFaultInTheRightOrder) {
  auto tally =
      for_each_cut(record_store(), move_record(Order::record_first), judge_record);
  ASSERT_TRUE(tally) << tally.error().describe();
  EXPECT_EQ(tally->event_count, 4u);
  EXPECT_EQ(tally->cut_count, 5u);
  EXPECT_EQ(tally->outcome_count, 2u + 2 + 2 + 2 + 1);
}

// The canaries: who can't find these can't find anything.
TEST(PowerCuts, FindAPointerThatIsWrittenBeforeItsRecord) {
  auto tally =
      for_each_cut(record_store(), move_record(Order::pointer_first), judge_record);
  ASSERT_FALSE(tally);
  EXPECT_NE(tally.error().describe().find("power cut at event 1 of 4"),
            std::string::npos)
      << tally.error().describe();
}

TEST(PowerCuts, FindAMissingFlush) {
  auto tally =
      for_each_cut(record_store(), move_record(Order::no_flush_between), judge_record);
  ASSERT_FALSE(tally);
  EXPECT_NE(tally.error().describe().find("[-]; 2 write of 512 bytes at 1536 in a [+]"),
            std::string::npos)
      << tally.error().describe();
}

TEST(PowerCuts, FindWhatAFailedFlushLost) {
  // It goes on after an Error as if nothing had happened.
  Work careless = [](const std::shared_ptr<Host>& host) {
    DevicePtr file = *host->open_for_writing("a");
    static_cast<void>(bool(file->write(2 * kSectorSize, filled(kSectorSize, '2'))));
    static_cast<void>(bool(file->flush()));
    static_cast<void>(bool(file->write(3 * kSectorSize, filled(kSectorSize, '\2'))));
    static_cast<void>(bool(file->flush()));
  };
  EXPECT_TRUE(for_each_cut(record_store(), careless, judge_record));
  EXPECT_FALSE(for_each_fault(record_store(), Errc::io, careless, judge_record));
}

}  // namespace
}  // namespace drydock::power_cut
