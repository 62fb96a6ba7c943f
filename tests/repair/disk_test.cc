#include "repair/disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/installation.h"
#include "tests/repair/counting_device.h"
#include "tests/repair/windows_disk.h"
#include "vhd/base/try.h"
#include "vhd/slice.h"

namespace drydock::repair {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Where the partition of that number starts, in bytes.
std::uint64_t start_of(const Disk& disk, std::uint32_t number) {
  return disk.find_partition(number)->offset;
}

// Makes the partition look as if BitLocker had encrypted it.
void lock(WindowsDisk& windows, std::uint32_t number) {
  std::uint64_t offset = start_of(*windows.open(), number);
  ASSERT_TRUE(windows.device()->write(offset + 3, bytes_of("-FVE-FS-")));
}

TEST(Disk, ReportsEachPartitionWithItsVolume) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  std::vector<std::string> systems;
  for (const VolumeReport& volume : disk->volumes()) {
    systems.push_back(volume.file_system);
  }
  EXPECT_THAT(disk->volume_numbers(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(systems, ElementsAre("fat32", "", "ntfs", "ntfs"));
}

TEST(Disk, OpeningItReadsThePartitionTableOnly) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto counting = std::make_shared<CountingDevice>(windows.device());
  auto disk = Disk::open(counting);
  ASSERT_TRUE(disk);
  EXPECT_LT(counting->bytes_read(), 64u << 10);
}

TEST(Disk, LockedVolumeIsReportedWithTheReason) {
  DRYDOCK_WINDOWS_DISK(windows);
  lock(windows, 4);
  std::vector<VolumeReport> volumes = windows.open()->volumes();
  EXPECT_EQ(volumes[3].file_system, "bitlocker");
  EXPECT_FALSE(volumes[3].facts);
  EXPECT_THAT(volumes[3].problem, HasSubstr("BitLocker"));
}

TEST(Disk, PathsAreResolvedAsTheGuestKnowsThem) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  EXPECT_EQ(*disk->resolve("C:\\Windows"), (GuestPath{3, "\\Windows"}));
  EXPECT_EQ(*disk->resolve("c:/Windows//System32/"),
            (GuestPath{3, "\\Windows\\System32"}));
  EXPECT_EQ(*disk->resolve("esp:\\EFI"), (GuestPath{1, "\\EFI"}));
  EXPECT_EQ(*disk->resolve("4:"), (GuestPath{4, "\\"}));
}

TEST(Disk, WhatIsShownIsResolvedToTheSamePlace) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  EXPECT_EQ(disk->show({3, "\\Windows"}), "C:\\Windows");
  EXPECT_EQ(disk->show({1, "\\EFI"}), "esp:\\EFI");
  EXPECT_EQ(disk->show({4, "\\Recovery"}), "4:\\Recovery");
  EXPECT_EQ(*disk->resolve("4:\\Recovery"), (GuestPath{4, "\\Recovery"}));
}

TEST(Disk, OtherLettersAreThoseThatMountedDevicesGives) {
  DRYDOCK_WINDOWS_DISK(windows);
  Guid id = windows.open()->find_partition(4)->id;
  windows.edit_hive(
      "C:\\Windows\\System32\\config\\SYSTEM",
      "[MountedDevices]\n\"\\DosDevices\\R:\" = hex 44 4d 49 4f 3a 49 44 3a " +
          images::hex_text(id.bytes) + "\n");
  auto path = windows.open()->resolve("r:\\Recovery");
  ASSERT_TRUE(path) << path.error().describe();
  EXPECT_EQ(*path, (GuestPath{4, "\\Recovery"}));
}

TEST(Disk, LetterOfAVolumeThatIsNotOnTheDiskIsNotFound) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(
      "C:\\Windows\\System32\\config\\SYSTEM",
      "[MountedDevices]\n\"\\DosDevices\\E:\" = hex 44 4d 49 4f 3a 49 44 3a "
      "01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10\n");
  auto path = windows.open()->resolve("E:\\data");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code(), Errc::not_found);
  EXPECT_THAT(path.error().words(), HasSubstr("isn't on this disk"));
}

TEST(Disk, LetterThatWasNeverGivenIsNotFound) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto path = windows.open()->resolve("Q:\\");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code(), Errc::not_found);
}

TEST(Disk, PathsThatAreNoneAreRefused) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  EXPECT_EQ(disk->resolve("\\Windows").error().code(), Errc::bad_argument);
  EXPECT_EQ(disk->resolve("system:\\Windows").error().code(), Errc::bad_argument);
  EXPECT_EQ(disk->resolve("C:\\..\\x").error().code(), Errc::bad_argument);
  EXPECT_EQ(disk->resolve("9:\\").error().code(), Errc::not_found);
  EXPECT_EQ(disk->resolve("0:\\").error().code(), Errc::not_found);
}

TEST(Disk, BareVolumeIsNumberZero) {
  DRYDOCK_WINDOWS_DISK(windows);
  const partition::Partition part = *windows.open()->find_partition(3);
  auto slice = Slice::create(windows.device(), part.offset, part.size);
  auto disk = Disk::open(*slice);
  ASSERT_TRUE(disk) << disk.error().describe();
  EXPECT_THAT((*disk)->volume_numbers(), ElementsAre(0));
  EXPECT_EQ(*(*disk)->resolve("0:\\Windows"), (GuestPath{0, "\\Windows"}));
  EXPECT_EQ(*(*disk)->resolve("C:\\Windows"), (GuestPath{0, "\\Windows"}));
  EXPECT_EQ((*disk)->resolve("1:\\").error().code(), Errc::not_found);
}

TEST(Disk, LetterOnADiskWithoutWindowsIsNotFound) {
  DRYDOCK_WINDOWS_DISK(windows);
  const partition::Partition part = *windows.open()->find_partition(1);
  auto slice = Slice::create(windows.device(), part.offset, part.size);
  auto disk = Disk::open(*slice);
  ASSERT_TRUE(disk);
  auto path = (*disk)->resolve("C:\\Windows");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code(), Errc::not_found);
  EXPECT_THAT(path.error().words(), HasSubstr("number"));
}

TEST(Disk, VolumesThatAreOpenedTwiceAreOne) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  EXPECT_EQ(*disk->volume(3), *disk->volume(3));
}

}  // namespace
}  // namespace drydock::repair
