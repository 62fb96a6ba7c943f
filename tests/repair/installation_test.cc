#include "repair/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/mounted_devices.h"
#include "tests/repair/counting_device.h"
#include "tests/repair/windows_disk.h"
#include "vhd/base/endian.h"

namespace drydock::repair {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kSystem[] = "C:\\Windows\\System32\\config\\SYSTEM";
constexpr char kSoftware[] = "C:\\Windows\\System32\\config\\SOFTWARE";

ControlSets sets_of(const Disk& disk) {
  auto sets = read_control_sets(**disk.installations().at(0)->system());
  EXPECT_TRUE(sets) << sets.error().describe();
  return sets ? *sets : ControlSets{};
}

TEST(Installation, IsFoundByItsHive) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  ASSERT_THAT(disk->installations(), SizeIs(1));
  EXPECT_EQ(disk->installations()[0]->partition(), 3u);
  EXPECT_EQ(disk->installations()[0]->root(), "\\Windows");
  EXPECT_EQ(disk->installations()[0]->show(), "C:\\Windows");
}

TEST(Installation, FactsAreWhatTheHivesSay) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  const InstallationFacts& facts = disk->installations().at(0)->facts();
  EXPECT_THAT(facts.problems, IsEmpty());
  EXPECT_EQ(facts.product, windows.layout().spec.windows->product);
  EXPECT_EQ(facts.edition, windows.layout().spec.windows->edition);
  EXPECT_EQ(facts.build, std::to_string(windows.layout().spec.windows->build) + "." +
                             std::to_string(windows.layout().spec.windows->revision));
  EXPECT_EQ(facts.architecture, "amd64");
  EXPECT_EQ(facts.computer_name, windows.ids().computer_name);
}

TEST(Installation, BootsFromTheSystemPartitionsStore) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open();
  const Boot& boot = disk->installations().at(0)->boot();
  EXPECT_EQ(boot.firmware, "uefi");
  EXPECT_EQ(boot.bcd, (GuestPath{1, "\\EFI\\Microsoft\\Boot\\BCD"}));
}

TEST(Installation, LookingForItsStoreReadsNoHiveOfIt) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto counting = std::make_shared<CountingDevice>(windows.device());
  auto disk = Disk::open(counting);
  ASSERT_TRUE(disk);
  ASSERT_THAT((*disk)->installations(), SizeIs(1));
  ASSERT_TRUE((*disk)->installations()[0]->open_boot_store());
  EXPECT_LT(counting->bytes_read(), 3u << 20);
}

TEST(Installation, FolderOfAnyNameWillDo) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open_writable();
  auto volume = *disk->volume(3);
  ASSERT_TRUE(volume->rename("\\Windows", "\\WINNT"));
  ASSERT_TRUE(disk->flush());
  auto renamed = windows.open();
  ASSERT_THAT(renamed->installations(), SizeIs(1));
  EXPECT_EQ(renamed->installations()[0]->root(), "\\WINNT");
  EXPECT_TRUE(renamed->installations()[0]->facts().control_sets);
}

TEST(Installation, TwoOnOneVolumeAreBothFoundWindowsFirst) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open_writable();
  auto volume = *disk->volume(3);
  ASSERT_TRUE(volume->create_directory("\\Old"));
  ASSERT_TRUE(volume->create_directory("\\Old\\System32"));
  ASSERT_TRUE(volume->create_directory("\\Old\\System32\\config"));
  ASSERT_TRUE(volume->put("\\Old\\System32\\config\\SYSTEM", windows.read(kSystem)));
  ASSERT_TRUE(disk->flush());
  auto found = windows.open();
  ASSERT_THAT(found->installations(), SizeIs(2));
  EXPECT_EQ(found->installations()[0]->root(), "\\Windows");
  EXPECT_EQ(found->installations()[1]->root(), "\\Old");
}

TEST(Installation, HiveThatIsNoneIsAProblemAndNoMore) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.put(kSoftware, ByteVector(8192, std::byte{0x55}));
  auto disk = windows.open();
  const InstallationFacts& facts = disk->installations().at(0)->facts();
  EXPECT_FALSE(facts.product);
  EXPECT_FALSE(facts.build);
  EXPECT_EQ(facts.architecture, "amd64");
  ASSERT_THAT(facts.problems, SizeIs(1));
  EXPECT_THAT(facts.problems[0], HasSubstr("SOFTWARE"));
}

TEST(Installation, WithoutABootStoreThereIsNone) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open_writable();
  ASSERT_TRUE((*disk->volume(1))->remove("\\EFI\\Microsoft\\Boot\\BCD"));
  ASSERT_TRUE(disk->flush());
  auto without = windows.open();
  const Installation& installation = *without->installations().at(0);
  EXPECT_FALSE(installation.boot().bcd);
  EXPECT_EQ(installation.boot().firmware, "uefi");
  EXPECT_EQ(installation.open_boot_store().error().code(), Errc::not_found);
}

TEST(Installation, LeftoverOfABiosStartsNoGptDisk) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open_writable();
  ASSERT_TRUE((*disk->volume(1))->remove("\\EFI\\Microsoft\\Boot\\BCD"));
  ASSERT_TRUE((*disk->volume(3))->create_directory("\\Boot"));
  ASSERT_TRUE(disk->flush());
  windows.put("C:\\Boot\\BCD", ByteVector(10));
  auto without = windows.open();
  EXPECT_FALSE(without->installations().at(0)->boot().bcd);
  EXPECT_EQ(without->installations().at(0)->boot().firmware, "uefi");
}

TEST(ControlSets, CurrentOneIsEdited) {
  DRYDOCK_WINDOWS_DISK(windows);
  ControlSets sets = sets_of(*windows.open());
  EXPECT_EQ(sets.current, 1u);
  EXPECT_THAT(sets.existing, ElementsAre(1));
  EXPECT_THAT(sets.to_edit(), ElementsAre(1));
  EXPECT_THAT(sets.missing(), IsEmpty());
}

TEST(ControlSets, ThoseThatSelectNamesAndThatExistAreEdited) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[Select]\nCurrent = dword 2\nDefault = dword 2\n"
                    "Failed = dword 3\nLastKnownGood = dword 4\n"
                    "[ControlSet002\\Control]\n[ControlSet003\\Control]\n");
  ControlSets sets = sets_of(*windows.open());
  EXPECT_THAT(sets.existing, ElementsAre(1, 2, 3));
  EXPECT_THAT(sets.to_edit(), ElementsAre(2));
  EXPECT_THAT(sets.missing(), ElementsAre(4));
}

TEST(ControlSets, KeysAreGivenForEachSetWithANoteForAMissingOne) {
  ControlSets sets{.current = 1,
                   .default_ = 3,
                   .failed = 2,
                   .last_known_good = 1,
                   .existing = {1, 2}};
  auto keys = keys_in_control_sets(sets, "Services\\x");
  ASSERT_TRUE(keys);
  EXPECT_THAT(keys->keys, ElementsAre("ControlSet001\\Services\\x"));
  EXPECT_THAT(keys->notes, ElementsAre(HasSubstr("ControlSet003")));
}

TEST(ControlSets, WithoutAnyThereIsNothingToEdit) {
  ControlSets sets{.current = 1, .default_ = 1, .existing = {2}};
  EXPECT_EQ(keys_in_control_sets(sets, "Services").error().code(), Errc::corrupt);
}

TEST(ControlSets, CurrentControlSetIsToldFromItsLikes) {
  EXPECT_EQ(below_current_control_set("CurrentControlSet\\Services\\x"), "Services\\x");
  EXPECT_EQ(below_current_control_set("\\currentcontrolset"), "");
  EXPECT_EQ(below_current_control_set("CurrentControlSets\\x"), std::nullopt);
  EXPECT_EQ(below_current_control_set("ControlSet001\\x"), std::nullopt);
}

TEST(MountedDevices, PartitionOfAnMbrDiskIsNamedBySignatureAndOffset) {
  ByteVector data(12);
  ASSERT_TRUE(store(data, 0, le32(0x12345678)));
  ASSERT_TRUE(store(data, 4, le64(1048576)));
  auto device = parse_mounted_device(data);
  ASSERT_TRUE(device);
  EXPECT_FALSE(device->partition_id);
  EXPECT_EQ(device->mbr_signature, 0x12345678u);
  EXPECT_EQ(device->mbr_offset, 1048576u);
}

TEST(MountedDevices, DevicePathOfARemovableDriveNamesNoPartition) {
  EXPECT_FALSE(parse_mounted_device(bytes_of("\\??\\USBSTOR#Disk&Ven_x")));
  EXPECT_FALSE(parse_mounted_device({}));
}

}  // namespace
}  // namespace drydock::repair
