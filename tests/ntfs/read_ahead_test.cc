// Reading ahead is faster, and nothing else: the same bytes, the same Errors.

#include "ntfs/ntfs/read_ahead.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/checked.h"
#include "vhd/memory_device.h"

namespace drydock::ntfs {

namespace {

constexpr std::uint64_t kBlock = 4096;

// Counts its reads, and has one sector that can't be read.
class OldDisk final : public BlockDevice {
 public:
  explicit OldDisk(DevicePtr below) : below_(std::move(below)) {}

  static constexpr std::uint64_t kNone = ~std::uint64_t{0} - 512;
  std::uint64_t bad_sector = kNone;  // where it begins
  mutable std::uint64_t read_count = 0;
  mutable std::uint64_t bytes_read = 0;

  std::uint64_t size() const override { return below_->size(); }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return below_->writable(); }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    ++read_count;
    bytes_read += into.size();
    if (checked::overlap(offset, into.size(), bad_sector, 512)) {
      return Error(Errc::io, "a bad sector");
    }
    return below_->read(offset, into);
  }
  Done do_write(std::uint64_t offset, Bytes from) override {
    return below_->write(offset, from);
  }
  Done do_flush() override { return below_->flush(); }

  DevicePtr below_;
};

// No two of its words are alike.
ByteVector pattern(std::uint64_t size) {
  ByteVector bytes(size);
  for (std::uint64_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>((i / 4) >> (8 * (i % 4)));
  }
  return bytes;
}

struct Disk {
  explicit Disk(std::uint64_t size) : bytes(pattern(size)), device(memory(bytes)) {}

  static DevicePtr memory(const ByteVector& bytes) {
    auto device = std::make_shared<MemoryDevice>(bytes.size());
    EXPECT_TRUE(device->write(0, bytes));
    return device;
  }
  // Whether these bytes are read as they are there.
  bool reads(std::uint64_t offset, std::uint64_t length) {
    ByteVector into(length);
    return ahead.read(device, offset, into) &&
           std::equal(into.begin(), into.end(),
                      bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  }

  ByteVector bytes;
  OldDisk device;
  ReadAhead ahead;
};

TEST(ReadAheadTest, SmallReadsThatFollowEachOtherAreMadeFew) {
  Disk disk(4 << 20);
  for (std::uint64_t at = 0; at < disk.bytes.size(); at += kBlock) {
    ASSERT_TRUE(disk.reads(at, kBlock)) << at;
  }
  EXPECT_LT(disk.device.read_count, 50u);
  EXPECT_EQ(disk.device.bytes_read, disk.bytes.size());
}

TEST(ReadAheadTest, ReadsHereAndThereArePassedOnAsTheyAre) {
  Disk disk(4 << 20);
  std::uint64_t count = 0;
  for (std::uint64_t at = 8 * kBlock; at < disk.bytes.size(); at += 3 * kBlock) {
    ASSERT_TRUE(disk.reads(at, kBlock)) << at;
    ++count;
  }
  EXPECT_EQ(disk.device.bytes_read, count * kBlock);
}

TEST(ReadAheadTest, LargeReadsArePassedOnAsTheyAre) {
  Disk disk(4 << 20);
  for (std::uint64_t at = 0; at < disk.bytes.size(); at += 1 << 20) {
    ASSERT_TRUE(disk.reads(at, 1 << 20)) << at;
  }
  EXPECT_EQ(disk.device.read_count, 4u);
}

TEST(ReadAheadTest, AllButABadSectorIsRead) {
  Disk disk(1 << 20);
  disk.device.bad_sector = 200 * 1024;
  for (std::uint64_t at = 0; at < disk.bytes.size(); at += 512) {
    EXPECT_EQ(disk.reads(at, 512), at != disk.device.bad_sector) << at;
  }
  // It tried once to read more, and then let the disk be.
  EXPECT_LE(disk.device.read_count, 2048u + 2);
}

TEST(ReadAheadTest, ItReadsToTheEndAndNotPastIt) {
  Disk disk((1 << 20) + 512);
  for (std::uint64_t at = 0; at < disk.bytes.size(); at += 512) {
    ASSERT_TRUE(disk.reads(at, 512)) << at;
  }
  ByteVector into(512);
  for (std::uint64_t beyond : {disk.bytes.size(), disk.bytes.size() + 512}) {
    Done done = disk.ahead.read(disk.device, beyond, into);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), Errc::bad_argument);
  }
  EXPECT_TRUE(disk.reads(disk.bytes.size() - 512, 512));
}

TEST(ReadAheadTest, ReadsOfAllSizesInAnyOrderGiveTheSameBytes) {
  Disk disk((1 << 20) + 1536);
  std::uint64_t state = 1;
  auto random = [&state](std::uint64_t below) {
    state = state * 6364136223846793005 + 1442695040888963407;
    return (state >> 33) % below;
  };
  std::uint64_t at = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::uint64_t length = random(2) == 0 ? 1024 : random(40'000);
    if (random(8) == 0 || at + length > disk.bytes.size()) {
      at = random(disk.bytes.size() - length);
    }
    ASSERT_TRUE(disk.reads(at, length)) << at << " " << length;
    at += length;
  }
}

TEST(ReadAheadTest, WhatIsWrittenIsSeenAfterForget) {
  Disk disk(1 << 20);
  ASSERT_TRUE(disk.reads(0, kBlock));
  ByteVector fresh(kBlock, std::byte{0x77});
  std::ranges::copy(fresh, disk.bytes.begin() + kBlock);
  ASSERT_TRUE(disk.device.write(kBlock, fresh));
  EXPECT_FALSE(disk.reads(kBlock, kBlock));
  disk.ahead.forget();
  EXPECT_TRUE(disk.reads(kBlock, kBlock));
}

// A folder whose names take some index blocks, on a volume of its own.
class ReadAheadVolume : public ::testing::Test {
 protected:
  static constexpr int kCount = 600;

  void SetUp() override {
    if (!have_program("mkntfs")) GTEST_SKIP() << "no mkntfs here";
    Place place{folder_ / "volume.raw"};
    ASSERT_TRUE(make_ntfs(place.file, 16 << 20));
    disk_ = std::make_shared<OldDisk>(open_place(place, {.writable = true}));
    auto volume = open(disk_, {.writable = true});
    ASSERT_TRUE(volume) << volume.error().describe();
    volume_ = *volume;
    ASSERT_TRUE(volume_->create_directory("folder"));
    for (int i = 0; i < kCount; ++i) ASSERT_TRUE(volume_->create(path_of(i)));
    ASSERT_TRUE(volume_->flush());
  }

  static std::string path_of(int i) {
    return fmt::format("folder\\a file with a longer name {:04}", i);
  }

  static std::set<std::string> names_in(const FileSystem& volume) {
    std::set<std::string> names;
    auto folder = volume.find("folder");
    EXPECT_TRUE(folder);
    EXPECT_TRUE(volume.list_names(*folder, [&](const std::string& name, FileKind) {
      return names.insert("folder\\" + name).second;
    }));
    return names;
  }

  TempFolder folder_;
  std::shared_ptr<OldDisk> disk_;
  FileSystemPtr volume_;
};

TEST_F(ReadAheadVolume, ADirectoryTakesFewReads) {
  auto reader = open(disk_);
  ASSERT_TRUE(reader);
  std::uint64_t before = disk_->read_count;
  EXPECT_EQ(names_in(**reader).size(), kCount);
  EXPECT_LT(disk_->read_count - before, 15u);
}

// The writer's own reads, and those of one who reads beside it, as a check does.
TEST_F(ReadAheadVolume, ADirectoryIsShownAsItIsWhileItChanges) {
  auto reader = open(disk_);
  ASSERT_TRUE(reader);
  std::set<std::string> names = names_in(**reader);
  for (int i = 0; i < kCount; i += 40) {
    std::string renamed = path_of(i) + "a";
    ASSERT_TRUE(volume_->rename(path_of(i), renamed));
    ASSERT_TRUE(volume_->flush());
    names.erase(path_of(i));
    names.insert(renamed);
    ASSERT_EQ(names_in(*volume_), names);
    ASSERT_EQ(names_in(**reader), names);
  }
}

}  // namespace

}  // namespace drydock::ntfs
