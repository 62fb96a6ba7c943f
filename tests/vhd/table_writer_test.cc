// Tables that were damaged or whose disk changed its size, and what becomes of them:
// byte for byte what sgdisk, sfdisk and fdisk made, or would make.

#include "vhd/partition/table_writer.h"

#include <gmock/gmock.h>

#include "tests/vhd/partition_support.h"

namespace drydock::partition {
namespace {

using testing::HasSubstr;

const ByteVector& gpt_disk() {
  static const ByteVector disk = sgdisk(
      "-o -U 11111111-2222-3333-4444-555555555555 "
      "-n 1:2048:6143 -t 1:ef00 -n 3:6144:8191 -t 3:0c01 -n 4:8192:20000 -t 4:0700");
  return disk;
}

const ByteVector& gpt_disk_4096() {
  static const ByteVector disk =
      scripted("fdisk -b 4096", "g\nn\n1\n256\n1000\nn\n2\n1001\n1800\nw\n", 8 << 20);
  return disk;
}

const ByteVector& mbr_disk() {
  static const ByteVector disk = sfdisk(
      "label: dos\nlabel-id: 0x1a2b3c4d\nunit: sectors\n"
      "1 : start=2048, size=1024, type=7, bootable\n"
      "2 : start=4096, size=8192, type=7\n"
      "3 : start=14336, size=8192, type=f\n"
      "5 : start=16384, size=1000, type=c\n");
  return disk;
}

struct Changed {
  Done done;
  ByteVector disk;
};

// The disk after `change`.
Changed after(ByteVector disk, const std::function<Done(BlockDevice&)>& change,
              std::uint32_t sector_size = 512) {
  MemoryDevice device(std::move(disk), sector_size);
  Done done = change(device);
  ByteVector bytes(device.size());
  EXPECT_TRUE(device.read(0, bytes));
  return {std::move(done), std::move(bytes)};
}

ByteVector wiped(ByteVector disk, std::uint64_t offset, std::uint64_t length) {
  std::fill_n(disk.begin() + static_cast<std::ptrdiff_t>(offset), length, std::byte{});
  return disk;
}

// What `program`, told `words`, makes of `disk`.
ByteVector made_by(const std::string& command, const ByteVector& disk) {
  TempFolder folder;
  make_file(folder / "disk", disk);
  RunResult result = run({"sh", "-c",
                          fmt::format("PATH=$PATH:/sbin:/usr/sbin; {} {}", command,
                                      (folder / "disk").string())});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  return bytes_of_file(folder / "disk");
}

// What sgdisk has to say against it; "" for nothing.
std::string problems(const ByteVector& disk) {
  TempFolder folder;
  make_file(folder / "disk", disk);
  RunResult result = run({"sgdisk", "-v", (folder / "disk").string()});
  if (result.out.find("No problems found") != std::string::npos) return {};
  return result.out + result.err;
}

std::string words_of(const Done& done) { return done ? "" : done.error().describe(); }

class TableWriter : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_program("sgdisk") || !have_program("fdisk")) {
      GTEST_SKIP() << "sgdisk or fdisk isn't installed";
    }
  }
};

TEST_F(TableWriter, RestoresAPrimaryToTheByte) {
  for (auto [offset, length] : {std::pair{512, 512}, {1024, 4096}, {512, 33 * 512}}) {
    auto [done, disk] = after(wiped(gpt_disk(), offset, length), restore_gpt);
    EXPECT_EQ(words_of(done), "") << offset;
    EXPECT_TRUE(disk == gpt_disk()) << offset;
  }
}

TEST_F(TableWriter, RestoresABackupToTheByte) {
  for (std::uint64_t count : {1, 33}) {
    ByteVector wounded = wiped(gpt_disk(), (kLastLba + 1 - count) * 512, count * 512);
    auto [done, disk] = after(wounded, restore_gpt);
    EXPECT_EQ(words_of(done), "") << count;
    EXPECT_TRUE(disk == gpt_disk()) << count;
  }
}

TEST_F(TableWriter, RestoresBothCopiesOn4096ByteSectors) {
  const ByteVector& sound = gpt_disk_4096();
  for (std::uint32_t device_sector_size : {512u, 4096u}) {
    auto [done, disk] =
        after(wiped(sound, 4096, 5 * 4096), restore_gpt, device_sector_size);
    EXPECT_EQ(words_of(done), "");
    EXPECT_TRUE(disk == sound);
    auto [again, backup] = after(wiped(sound, sound.size() - 5 * 4096, 5 * 4096),
                                 restore_gpt, device_sector_size);
    EXPECT_EQ(words_of(again), "");
    EXPECT_TRUE(backup == sound);
  }
}

TEST_F(TableWriter, RestoresEntriesWhereThePrimarysHeaderSaysThatTheyAre) {
  ByteVector moved = made_by("sgdisk -j 100", gpt_disk());
  ASSERT_EQ(load<GptHeader>(moved, 512)->entries_lba, 100u);
  auto [done, disk] = after(wiped(moved, 100 * 512, 512), restore_gpt);
  EXPECT_EQ(words_of(done), "");
  EXPECT_TRUE(disk == moved);
}

TEST_F(TableWriter, CarriesAlongWhatItDoesNotKnow) {
  ByteVector disk = gpt_disk();
  disk[kLastLba * 512 + 300] = std::byte{0x5a};
  Changed changed = after(wiped(disk, 512, 33 * 512), restore_gpt);
  EXPECT_EQ(words_of(changed.done), "");
  EXPECT_EQ(changed.disk[512 + 300], std::byte{0x5a});
}

TEST_F(TableWriter, RestoresNothingWhereNeitherCopyIsSound) {
  ByteVector wounded = wiped(wiped(gpt_disk(), 512 + 20, 1), kLastLba * 512 + 20, 1);
  wounded[512 + 20] = wounded[kLastLba * 512 + 20] = std::byte{1};
  Changed changed = after(wounded, restore_gpt);
  EXPECT_THAT(words_of(changed.done), HasSubstr("neither copy of the GPT"));
  EXPECT_TRUE(changed.disk == wounded);
}

TEST_F(TableWriter, TakesTheSoundPrimaryWhereTheBackupIsAnother) {
  ByteVector disk = gpt_disk();
  edit<GptHeader>(disk, kLastLba * 512,
                  [](GptHeader& header) { header.disk_id = Guid{}; });
  seal(disk, kLastLba);
  ASSERT_THAT(table_of(disk)->other_copy_problem, HasSubstr("disk id"));
  Changed changed = after(disk, restore_gpt);
  EXPECT_EQ(words_of(changed.done), "");
  EXPECT_TRUE(changed.disk == gpt_disk());
}

TEST_F(TableWriter, WritesNothingWhereTheCopiesAreTwins) {
  auto [done, disk] = after(gpt_disk(), restore_gpt);
  EXPECT_EQ(words_of(done), "");
  EXPECT_TRUE(disk == gpt_disk());
}

TEST_F(TableWriter, WritesNothingWhereThereIsNoRoom) {
  // The backup would come to lie upon the primary's own entries.
  ByteVector disk = gpt_disk();
  edit<GptHeader>(disk, 512, [](GptHeader& header) { header.alternate_lba = 40; });
  seal(disk, 1);
  Changed changed = after(disk, restore_gpt);
  EXPECT_THAT(words_of(changed.done), HasSubstr("there is no room"));
  EXPECT_TRUE(changed.disk == disk);
}

TEST_F(TableWriter, WritesAProtectiveMbrToTheByte) {
  auto [done, disk] = after(wiped(gpt_disk(), 446, 66), write_protective_mbr);
  EXPECT_EQ(words_of(done), "");
  EXPECT_TRUE(disk == gpt_disk());
}

TEST_F(TableWriter, LeavesBootCodeAndSignatureInTheProtectiveMbr) {
  ByteVector wounded = wiped(gpt_disk(), 446, 66);
  std::fill_n(wounded.begin(), 446, std::byte{0x90});
  Changed changed = after(wounded, write_protective_mbr);
  EXPECT_EQ(words_of(changed.done), "");
  EXPECT_EQ(Bytes(changed.disk)[445], std::byte{0x90});
  EXPECT_EQ(table_of(changed.disk)->mbr_problem, "");
}

TEST_F(TableWriter, LeavesAnMbrThatNamesOtherPartitions) {
  ByteVector hybrid = made_by("sgdisk -h 1", gpt_disk());
  Changed changed = after(hybrid, write_protective_mbr);
  EXPECT_THAT(words_of(changed.done), HasSubstr("names partitions of its own"));
  EXPECT_TRUE(changed.disk == hybrid);
}

// A disk of `size` bytes that reads as zeros but for what is written.
class Huge final : public BlockDevice {
 public:
  explicit Huge(std::uint64_t size) : size_(size) {}
  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return true; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    std::ranges::fill(into, std::byte{});
    for (const auto& [at, bytes] : written_) {
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (at + i >= offset && at + i < offset + into.size()) {
          into[at + i - offset] = bytes[i];
        }
      }
    }
    return {};
  }
  Done do_write(std::uint64_t offset, Bytes from) override {
    written_[offset].assign(from.begin(), from.end());
    return {};
  }
  Done do_flush() override { return {}; }

  std::uint64_t size_;
  std::map<std::uint64_t, ByteVector> written_;
};

TEST_F(TableWriter, CoversAsMuchOfALargeDiskAs32BitsCanSay) {
  Huge disk(std::uint64_t{3} << 40);
  ByteVector start = gpt_disk();
  start.resize(34 * 512);
  ASSERT_TRUE(disk.write(0, start));
  ASSERT_EQ(words_of(write_protective_mbr(disk)), "");
  ByteVector first(512);
  ASSERT_TRUE(disk.read(0, first));
  EXPECT_EQ(load<Mbr>(first)->entries[0].sector_count, 0xffffffffu);
}

TEST_F(TableWriter, MovesTheBackupToTheEndOfAGrownDiskAsSgdiskDoes) {
  for (std::uint64_t more : {512, 8 * 512, 1 << 20}) {
    ByteVector grown = gpt_disk();
    grown.resize(grown.size() + more);
    auto [done, disk] = after(grown, [](BlockDevice& device) {
      return move_backup_gpt(device, device.size());
    });
    EXPECT_EQ(words_of(done), "") << more;
    EXPECT_EQ(problems(disk), "") << more;
    EXPECT_TRUE(disk == made_by("sgdisk -e", grown)) << more;
    EXPECT_EQ(table_of(disk)->partitions.size(), 3u);
  }
}

TEST_F(TableWriter, MovesTheBackupForADiskThatWillBeCut) {
  std::uint64_t least = *least_size(MemoryDevice(gpt_disk()));
  EXPECT_EQ(least, (20001 + 33) * 512u);
  for (std::uint64_t size : {least, kDiskSize - 512, kDiskSize - 40 * 512}) {
    auto [done, disk] = after(
        gpt_disk(), [&](BlockDevice& device) { return move_backup_gpt(device, size); });
    EXPECT_EQ(words_of(done), "") << size;
    EXPECT_EQ(table_of(disk)->other_copy_problem, "") << size;
    disk.resize(size);
    EXPECT_EQ(problems(disk), "") << size;
    EXPECT_EQ(table_of(disk)->partitions.size(), 3u) << size;
  }
}

TEST_F(TableWriter, MovesTheBackupOn4096ByteSectors) {
  ByteVector grown = gpt_disk_4096();
  grown.resize(grown.size() + (1 << 20));
  std::uint64_t least = *least_size(MemoryDevice(grown, 4096));
  EXPECT_EQ(least, (1801 + 5) * 4096u);
  for (std::uint64_t size : {std::uint64_t(grown.size()), least}) {
    auto [done, disk] = after(
        grown, [&](BlockDevice& device) { return move_backup_gpt(device, size); },
        4096);
    EXPECT_EQ(words_of(done), "");
    disk.resize(size);
    auto table = table_of(disk, 4096);
    ASSERT_TRUE(table) << table.error().describe();
    EXPECT_EQ(table->other_copy_problem, "");
    EXPECT_EQ(load<GptHeader>(disk, 4096)->last_usable_lba, size / 4096 - 6);
    EXPECT_EQ(load<Mbr>(disk)->entries[0].sector_count, size / 4096 - 1);
  }
}

TEST_F(TableWriter, RefusesASizeThatPartitionsDoNotFit) {
  std::uint64_t least = *least_size(MemoryDevice(gpt_disk()));
  for (std::uint64_t size : {least - 512, std::uint64_t{512}, std::uint64_t{0}}) {
    Changed changed = after(
        gpt_disk(), [&](BlockDevice& device) { return move_backup_gpt(device, size); });
    ASSERT_FALSE(changed.done) << size;
    EXPECT_EQ(changed.done.error().code(), Errc::no_space) << size;
    EXPECT_TRUE(changed.disk == gpt_disk()) << size;
  }
  for (std::uint64_t size : {least + 1, kDiskSize + 512}) {
    Changed changed = after(
        gpt_disk(), [&](BlockDevice& device) { return move_backup_gpt(device, size); });
    EXPECT_EQ(changed.done.error().code(), Errc::bad_argument) << size;
  }
}

TEST_F(TableWriter, LeavesAProtectivePartitionThatCoversMoreThanAnyDisk) {
  ByteVector grown = gpt_disk();
  edit<Mbr>(grown, 0, [](Mbr& mbr) { mbr.entries[0].sector_count = 0xffffffff; });
  grown.resize(grown.size() + (1 << 20));
  Changed changed = after(grown, [](BlockDevice& device) {
    return move_backup_gpt(device, device.size());
  });
  EXPECT_EQ(words_of(changed.done), "");
  EXPECT_EQ(load<Mbr>(changed.disk)->entries[0].sector_count, 0xffffffffu);
}

TEST_F(TableWriter, MakesAPartitionActiveAsSfdiskDoes) {
  auto [done, disk] =
      after(mbr_disk(), [](BlockDevice& device) { return set_active(device, 2); });
  EXPECT_EQ(words_of(done), "");
  TempFolder folder;
  make_file(folder / "disk", mbr_disk());
  std::string path = (folder / "disk").string();
  ASSERT_EQ(run({"sfdisk", "-q", "-A", path, "2"}).exit_code, 0);
  EXPECT_TRUE(disk == bytes_of_file(path));
  make_file(folder / "ours", disk);
  EXPECT_EQ(run({"sfdisk", "--verify", (folder / "ours").string()}).exit_code, 0);
}

TEST_F(TableWriter, MakesNoOtherPartitionActive) {
  auto activate = [](std::uint32_t number) {
    Changed changed = after(
        mbr_disk(), [&](BlockDevice& device) { return set_active(device, number); });
    EXPECT_TRUE(changed.disk == mbr_disk()) << number;
    return words_of(changed.done);
  };
  EXPECT_THAT(activate(4), HasSubstr("there is no partition 4"));
  EXPECT_THAT(activate(3), HasSubstr("there is no partition 3"));
  EXPECT_THAT(activate(5), HasSubstr("a logical one"));
}

TEST_F(TableWriter, KnowsTheLeastSizeOfOtherDisks) {
  EXPECT_EQ(*least_size(MemoryDevice(mbr_disk())), (14336 + 8192) * 512u);
  EXPECT_EQ(*least_size(MemoryDevice(ByteVector(8192))), 8192u);
}

TEST_F(TableWriter, RefusesADiskOfAnotherScheme) {
  for (auto* change : {restore_gpt, write_protective_mbr}) {
    Changed changed = after(mbr_disk(), change);
    EXPECT_THAT(words_of(changed.done), HasSubstr("is mbr, and not gpt"));
    EXPECT_TRUE(changed.disk == mbr_disk());
  }
  Changed changed =
      after(gpt_disk(), [](BlockDevice& device) { return set_active(device, 1); });
  EXPECT_THAT(words_of(changed.done), HasSubstr("is gpt, and not mbr"));
}

}  // namespace
}  // namespace drydock::partition
