// The recipe bcd.devices: which absent partitions it finds, and what proves which of
// the disk's they meant.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/bcd/names.h"
#include "repair/recipes/boot_objects.h"
#include "repair/recipes/recipes.h"
#include "tests/repair/bcd_fixture.h"
#include "tests/repair/recipe_support.h"

namespace drydock::repair {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kStore[] = "esp:\\EFI\\Microsoft\\Boot\\BCD";
constexpr char kWinload[] = "\\Windows\\System32\\winload.efi";
constexpr char kSystem[] = "\\Windows\\System32\\config\\SYSTEM";
constexpr bcd::ElementId kDevice = bcd::element::application_device;
constexpr bcd::ElementId kOsDevice = bcd::element::os_device;

// Sets elements of the store as it is now.
class Store {
 public:
  explicit Store(WindowsDisk& windows) : windows_(windows) {}

  void set(const bcd::ObjectId& object, bcd::ElementId element,
           const bcd::Value& value) {
    plan_.edits.push_back(
        {.action = BcdSet{.store = {.partition = 1, .path = kStore + 4},
                          .object = object,
                          .element = element,
                          .value = value},
         .why = "a wound"});
  }
  void create(const bcd::ObjectId& object) {
    plan_.edits.push_back(
        {.action = BcdCreate{.store = {.partition = 1, .path = kStore + 4},
                             .object = object,
                             .type = bcd::kOsLoader},
         .why = "a wound"});
  }
  void save() { carry_out(windows_, plan_); }

 private:
  WindowsDisk& windows_;
  Plan plan_;
};

// A loader of a \Windows on `device`.
void set_loader(Store& store, const bcd::ObjectId& loader, const bcd::Device& device) {
  store.set(loader, kDevice, device);
  store.set(loader, kOsDevice, device);
  store.set(loader, bcd::element::application_path, "\\Windows\\system32\\winload.efi");
  store.set(loader, bcd::element::system_root, "\\Windows");
}

// The files by which a Windows is known, on partition 4 too.
void put_second_windows(WindowsDisk& windows) {
  ByteVector hive = windows.read(std::string("3:") + kSystem);
  auto disk = windows.open_writable();
  for (const char* folder :
       {"\\Windows", "\\Windows\\System32", "\\Windows\\System32\\config"}) {
    ASSERT_TRUE((*disk->volume(4))->create_directory(folder));
  }
  ASSERT_TRUE(disk->flush());
  windows.put(std::string("4:") + kSystem, hive);
  windows.put(std::string("4:") + kWinload, ByteVector(10));
}

bcd::Device absent(const WindowsDisk& windows) {
  return bcd::gpt_partition(windows.ids().disk, windows.ids().absent);
}

bcd::Device device_of(const WindowsDisk& windows, const bcd::ObjectId& object,
                      bcd::ElementId element) {
  auto disk = windows.open();
  auto objects = read_boot_objects(*disk->installations().at(0));
  EXPECT_TRUE(objects);
  const auto* device = value_of<bcd::Device>(*find_object(*objects, object), element);
  EXPECT_NE(device, nullptr);
  return *device;
}

TEST(BcdDevices, HealthyStoreHasNoFinding) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto findings = examine(windows, bcd_devices());
  ASSERT_TRUE(findings) << findings.error().describe();
  EXPECT_THAT(*findings, IsEmpty());
}

TEST(BcdDevices, LoaderOfAnAbsentPartitionIsMendedByItsFiles) {
  DRYDOCK_WINDOWS_DISK(windows);
  Store store(windows);
  set_loader(store, windows.ids().loader, absent(windows));
  store.save();
  auto findings = examine(windows, bcd_devices());
  ASSERT_TRUE(findings) << findings.error().describe();
  ASSERT_THAT(*findings, SizeIs(1));
  EXPECT_TRUE(findings->at(0).stops_boot);
  EXPECT_EQ(findings->at(0).status, "0xC000000E");
  EXPECT_EQ(findings->at(0).where, kStore);
  EXPECT_THAT(findings->at(0).evidence,
              Contains("partition 3 holds \\Windows\\system32\\winload.efi"));
  carry_out(windows, *mend(windows, bcd_devices()));
  EXPECT_THAT(*examine(windows, bcd_devices()), IsEmpty());
  EXPECT_EQ(device_of(windows, windows.ids().loader, kOsDevice).partition_id,
            windows.layout().windows.id);
}

TEST(BcdDevices, WrongDiskIdIsMendedByThePartitionsOwn) {
  DRYDOCK_WINDOWS_DISK(windows);
  Store store(windows);
  set_loader(store, windows.ids().loader,
             bcd::gpt_partition(windows.ids().absent, windows.layout().windows.id));
  store.save();
  put_second_windows(windows);  // Both would do, if the id didn't tell.
  ASSERT_THAT(*examine(windows, bcd_devices()), SizeIs(1));
  carry_out(windows, *mend(windows, bcd_devices()));
  EXPECT_EQ(device_of(windows, windows.ids().loader, kDevice).disk_id,
            windows.ids().disk);
}

TEST(BcdDevices, TwoPartitionsThatHoldTheFilesAreNotChosenFrom) {
  DRYDOCK_WINDOWS_DISK(windows);
  put_second_windows(windows);
  Store store(windows);
  set_loader(store, windows.ids().loader, absent(windows));
  store.save();
  ASSERT_THAT(*examine(windows, bcd_devices()), SizeIs(1));
  auto plan = mend(windows, bcd_devices());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), Errc::unsupported);
  EXPECT_THAT(plan.error().describe(), HasSubstr("it may be partition 3 or 4"));
}

TEST(BcdDevices, LoaderOfADiskThatIsNotHereIsLeft) {
  DRYDOCK_WINDOWS_DISK(windows);
  Store store(windows);
  store.create(bcd::kSecondLoader);
  set_loader(store, bcd::kSecondLoader, absent(windows));
  store.save();
  EXPECT_THAT(*examine(windows, bcd_devices()), IsEmpty());
}

TEST(BcdDevices, TwoAbsentPartitionsWithAWindowsEachAreRivals) {
  DRYDOCK_WINDOWS_DISK(windows);
  Store store(windows);
  store.create(bcd::kSecondLoader);
  set_loader(store, windows.ids().loader, absent(windows));
  set_loader(store, bcd::kSecondLoader,
             bcd::gpt_partition(windows.ids().disk, bcd::kWindowsId));
  store.save();
  EXPECT_THAT(*examine(windows, bcd_devices()), SizeIs(2));
  EXPECT_THAT(mend(windows, bcd_devices()).error().describe(),
              HasSubstr("may as well be what other entries name"));
}

TEST(BcdDevices, RamDiskMovesWithItsPathAndOptions) {
  DRYDOCK_WINDOWS_DISK(windows);
  bcd::Device before = device_of(windows, windows.ids().recovery, kDevice);
  Store store(windows);
  store.set(windows.ids().recovery, kDevice,
            bcd::ramdisk_device(absent(windows), before.path, before.options));
  store.save();
  auto findings = examine(windows, bcd_devices());
  ASSERT_THAT(*findings, SizeIs(1));
  EXPECT_FALSE(findings->at(0).stops_boot);
  carry_out(windows, *mend(windows, bcd_devices()));
  EXPECT_EQ(device_of(windows, windows.ids().recovery, kDevice).raw, before.raw);
}

TEST(BcdDevices, NameOfNothingThatIsHereIsLeft) {
  DRYDOCK_WINDOWS_DISK(windows);
  Store store(windows);
  store.set(windows.ids().recovery, kDevice,
            bcd::ramdisk_device(absent(windows), "\\no\\such.wim",
                                windows.ids().recovery_disk));
  store.save();
  EXPECT_THAT(*examine(windows, bcd_devices()), IsEmpty());
}

// Else what bcd.rebuild copies would bring a new finding to light.
TEST(BcdDevices, BootManagerWithoutItsFileIsFoundAndLeft) {
  DRYDOCK_WINDOWS_DISK(windows);
  Store store(windows);
  store.set(bcd::kBootManager, kDevice, absent(windows));
  store.save();
  auto disk = windows.open_writable();
  ASSERT_TRUE((*disk->volume(1))->remove("\\EFI\\Microsoft\\Boot\\bootmgfw.efi"));
  ASSERT_TRUE(disk->flush());
  EXPECT_THAT(*examine(windows, bcd_devices()), SizeIs(1));
  EXPECT_EQ(mend(windows, bcd_devices()).error().code(), Errc::unsupported);
}

TEST(BcdDevices, BootManagersPartitionIsThatOfItsStore) {
  DRYDOCK_WINDOWS_DISK(windows);
  // A copy of its file elsewhere doesn't matter.
  auto disk = windows.open_writable();
  for (const char* folder : {"\\EFI", "\\EFI\\Microsoft", "\\EFI\\Microsoft\\Boot"}) {
    ASSERT_TRUE((*disk->volume(4))->create_directory(folder));
  }
  ASSERT_TRUE(disk->flush());
  windows.put("4:\\EFI\\Microsoft\\Boot\\bootmgfw.efi", ByteVector(10));
  Store store(windows);
  store.set(bcd::kBootManager, kDevice, absent(windows));
  store.save();
  ASSERT_THAT(*examine(windows, bcd_devices()), SizeIs(1));
  carry_out(windows, *mend(windows, bcd_devices()));
  EXPECT_EQ(device_of(windows, bcd::kBootManager, kDevice).partition_id,
            windows.layout().esp.id);
}

}  // namespace
}  // namespace drydock::repair
