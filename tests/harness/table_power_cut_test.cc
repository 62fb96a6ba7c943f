// Partition tables are mended and moved while the power goes at every write and
// flush, with every outcome: the partitions are always there, and a second try
// finishes.

#include <gtest/gtest.h>

#include <iostream>

#include "harness/power_cut/cuts.h"
#include "tests/vhd/partition_support.h"
#include "vhd/base/try.h"
#include "vhd/partition/table_writer.h"

namespace drydock::partition {
namespace {

using power_cut::Content;
using power_cut::Files;
using power_cut::Host;
using Change = std::function<Done(BlockDevice&)>;
using Judge = std::function<Done(const BlockDevice&)>;

constexpr const char* kName = "disk";
constexpr std::uint64_t kSize = 1 << 20;

// A table of four entries, so that a copy of it is two sectors.
const ByteVector& gpt_disk() {
  static const ByteVector disk =
      scripted("sfdisk -q",
               "label: gpt\ntable-length: 4\nfirst-lba: 34\nunit: sectors\n"
               "1 : start=64, size=100\n2 : start=200, size=1000\n",
               kSize);
  return disk;
}

const ByteVector& mbr_disk() {
  static const ByteVector disk =
      scripted("sfdisk -q",
               "label: dos\nunit: sectors\n1 : start=64, size=100, bootable\n"
               "2 : start=200, size=1000\n",
               kSize);
  return disk;
}

Error wrong(std::string words) { return Error(Errc::corrupt, std::move(words)); }

Done apply(Host& host, const Change& change) {
  DevicePtr disk = TRY(host.open_for_writing(kName));
  return change(*disk);
}

// `always` holds of what lies there after each cut; `finished` where the change had
// returned, and after a second try.
Done try_everything(const ByteVector& disk, const Change& change, const Judge& always,
                    const Judge& finished) {
  Files before;
  before[kName] = Content(disk);
  bool returned = false;
  auto work = [&](const std::shared_ptr<Host>& host) {
    returned = static_cast<bool>(apply(*host, change));
  };
  auto judge = [&](const Files& after) -> Done {
    DevicePtr found = after.at(kName).device();
    TRY(always(*found).in("after the cut"));
    if (returned) return finished(*found).in("after it returned");
    std::shared_ptr<Host> again = Host::start(after);
    TRY(apply(*again, change).in("the second try"));
    return finished(*TRY(again->open(kName))).in("after a second try");
  };
  auto tally = TRY(power_cut::for_each_cut(before, work, judge));
  std::cout << to_string(tally, power_cut::CutOptions{}.seed) << "\n";
  return {};
}

testing::AssertionResult holds(const Done& done) {
  if (done) return testing::AssertionSuccess();
  return testing::AssertionFailure() << done.error().describe();
}

Done has_both_partitions(const BlockDevice& disk) {
  Table table = TRY(read_table(disk));
  if (table.partitions.size() == 2 && table.partitions[1].offset == 200 * 512 &&
      table.partitions[1].size == 1000 * 512) {
    return {};
  }
  return wrong("the partitions are others");
}

Done copies_are_twins(const BlockDevice& disk) {
  TRY(has_both_partitions(disk));
  Table table = TRY(read_table(disk));
  if (table.other_copy_problem.empty()) return {};
  return wrong(table.other_copy_problem);
}

// The copies are twins, made for a disk of `size`.
Judge is_made_for(std::uint64_t size) {
  return [size](const BlockDevice& disk) -> Done {
    TRY(copies_are_twins(disk));
    ByteVector sector(512);
    TRY(disk.read(512, sector));
    std::uint64_t alternate = load<GptHeader>(sector)->alternate_lba;
    if (alternate == size / 512 - 1) return {};
    return wrong(fmt::format("the backup is at LBA {}", alternate));
  };
}

Change move_to(std::uint64_t size) {
  return [size](BlockDevice& disk) { return move_backup_gpt(disk, size); };
}

ByteVector wiped(ByteVector disk, std::uint64_t first_lba, std::uint64_t count) {
  std::fill_n(disk.begin() + static_cast<std::ptrdiff_t>(first_lba * 512), count * 512,
              std::byte{});
  return disk;
}

class TablePowerCut : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_program("sfdisk")) GTEST_SKIP() << "sfdisk isn't installed";
  }
};

TEST_F(TablePowerCut, APrimaryIsRestoredOrTheBackupStillCounts) {
  EXPECT_TRUE(holds(try_everything(wiped(gpt_disk(), 1, 2), restore_gpt,
                                   has_both_partitions, copies_are_twins)));
}

TEST_F(TablePowerCut, ABackupIsRestoredOrThePrimaryStillCounts) {
  EXPECT_TRUE(holds(try_everything(wiped(gpt_disk(), 2046, 2), restore_gpt,
                                   has_both_partitions, copies_are_twins)));
}

TEST_F(TablePowerCut, TheCopiesAreTwinsWhileTheBackupMovesUp) {
  ByteVector grown = gpt_disk();
  grown.resize(2 * kSize);
  EXPECT_TRUE(holds(try_everything(grown, move_to(2 * kSize), copies_are_twins,
                                   is_made_for(2 * kSize))));
}

TEST_F(TablePowerCut, TheCopiesAreTwinsWhileTheBackupMovesDown) {
  constexpr std::uint64_t kLeast = 1202 * 512;
  EXPECT_TRUE(holds(try_everything(gpt_disk(), move_to(kLeast), copies_are_twins,
                                   is_made_for(kLeast))));
}

TEST_F(TablePowerCut, ThePrimaryCountsWhileTheBackupMovesUponItself) {
  for (std::uint64_t size : {kSize - 512, kSize + 512}) {
    ByteVector disk = gpt_disk();
    disk.resize(std::max<std::size_t>(size, kSize));
    EXPECT_TRUE(holds(
        try_everything(disk, move_to(size), has_both_partitions, is_made_for(size))));
  }
}

TEST_F(TablePowerCut, AProtectiveMbrIsWrittenOrIsNot) {
  auto guarded = [](const BlockDevice& disk) -> Done {
    std::string problem = TRY(read_table(disk)).mbr_problem;
    return problem.empty() ? Done() : Done(wrong(problem));
  };
  EXPECT_TRUE(holds(try_everything(wiped(gpt_disk(), 0, 1), write_protective_mbr,
                                   copies_are_twins, guarded)));
}

TEST_F(TablePowerCut, OnePartitionIsActiveAtAllTimes) {
  auto active_sum = [](const BlockDevice& disk) -> Result<unsigned> {
    unsigned sum = 0;
    for (const Partition& partition : TRY(read_table(disk)).partitions) {
      if (partition.active) sum += partition.number;
    }
    return sum;
  };
  auto one = [&](const BlockDevice& disk) -> Done {
    unsigned sum = TRY(active_sum(disk));
    return sum == 1 || sum == 2 ? Done() : Done(wrong("none or two are active"));
  };
  auto second = [&](const BlockDevice& disk) -> Done {
    return TRY(active_sum(disk)) == 2 ? Done() : Done(wrong("the second isn't"));
  };
  EXPECT_TRUE(holds(try_everything(
      mbr_disk(), [](BlockDevice& disk) { return set_active(disk, 2); }, one, second)));
}

}  // namespace
}  // namespace drydock::partition
