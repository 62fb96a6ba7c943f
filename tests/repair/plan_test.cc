#include "repair/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/work_folder.h"
#include "repair/bcd/names.h"
#include "repair/installation.h"
#include "tests/repair/windows_disk.h"
#include "tests/support/run.h"
#include "vhd/base/endian.h"

namespace drydock::repair {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr char kSystem[] = "C:\\Windows\\System32\\config\\SYSTEM";
constexpr char kStore[] = "esp:\\EFI\\Microsoft\\Boot\\BCD";
const GuestPath kSystemPath{3, "\\Windows\\System32\\config\\SYSTEM"};
const GuestPath kStorePath{1, "\\EFI\\Microsoft\\Boot\\BCD"};

Plan one(Action action) {
  return {.edits = {{std::move(action), "a test"}}, .notes = {}};
}

RegistrySet start_of(const std::string& service, std::uint32_t start) {
  return {.hive = kSystemPath,
          .key = "ControlSet001\\Services\\" + service,
          .value = hive::Value::dword("Start", start)};
}

// Carries the plan out on the disk.
Result<std::vector<Outcome>> carry_out(WindowsDisk& windows, const Plan& plan) {
  auto disk = windows.open_writable();
  return rehearse(plan, *disk);
}

std::vector<Outcome> carried_out(WindowsDisk& windows, const Plan& plan) {
  auto outcomes = carry_out(windows, plan);
  EXPECT_TRUE(outcomes) << outcomes.error().describe();
  return outcomes ? *outcomes : std::vector<Outcome>();
}

// The file of that path, for programs that aren't ours.
std::filesystem::path taken_out(WindowsDisk& windows, const std::string& path) {
  std::filesystem::path file = windows.folder() / "taken-out";
  EXPECT_TRUE(harness::write_host_file(file, windows.read(path)));
  return file;
}

struct Sequence {
  le32 signature;
  le32 primary;
  le32 secondary;
};
Sequence sequence_of(const ByteVector& hive) { return *load<Sequence>(hive); }

TEST(Rehearsal, SetsARegistryValueAsHivexReadsIt) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto outcomes = carried_out(windows, one(start_of("FileCrypt", 4)));
  ASSERT_THAT(outcomes, SizeIs(1));
  EXPECT_EQ(outcomes[0].edit, "registry.set");
  EXPECT_EQ(outcomes[0].where,
            std::string(kSystem) + " ControlSet001\\Services\\FileCrypt Start");
  EXPECT_EQ(outcomes[0].before, "REG_DWORD 1");
  EXPECT_EQ(outcomes[0].after, "REG_DWORD 4");
  EXPECT_EQ(hivexget(taken_out(windows, kSystem),
                     "\\ControlSet001\\Services\\FileCrypt", "Start"),
            "4");
}

TEST(Rehearsal, NothingElseInTheHiveChanges) {
  DRYDOCK_WINDOWS_DISK(windows);
  RunResult before = run({"reglookup", taken_out(windows, kSystem).string()});
  carried_out(windows, one(start_of("FileCrypt", 4)));
  carried_out(windows, one(start_of("FileCrypt", 1)));
  RunResult after = run({"reglookup", taken_out(windows, kSystem).string()});
  ASSERT_EQ(before.exit_code, 0) << before.err;
  EXPECT_EQ(before.out, after.out);
}

TEST(Rehearsal, EditsOfOneHiveAreMadeInOneSave) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::uint32_t before = sequence_of(windows.read(kSystem)).primary;
  Plan plan;
  for (const char* service : {"FileCrypt", "Beep", "Null"}) {
    plan.edits.push_back({start_of(service, 4), "a test"});
  }
  carried_out(windows, plan);
  Sequence after = sequence_of(windows.read(kSystem));
  EXPECT_EQ(after.primary, before + 1);
  EXPECT_EQ(after.secondary, before + 1);
}

TEST(Rehearsal, EditThatChangesNothingWritesNothing) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto outcomes = carried_out(windows, one(start_of("FileCrypt", 1)));
  ASSERT_THAT(outcomes, SizeIs(1));
  EXPECT_FALSE(outcomes[0].changed);
  EXPECT_THAT(*windows.device()->changes(), IsEmpty());
}

TEST(Rehearsal, OnlyAFewSectorsOfTheDiskChange) {
  DRYDOCK_WINDOWS_DISK(windows);
  carried_out(windows, one(start_of("FileCrypt", 4)));
  std::size_t changed_size = 0;
  auto changes = windows.device()->changes();
  ASSERT_TRUE(changes);
  for (const Overlay::Change& change : *changes) {
    changed_size += change.after.size();
  }
  EXPECT_LE(changed_size, 8192u);
}

TEST(Rehearsal, HiveKeepsItsRecordAndSecurity) {
  DRYDOCK_WINDOWS_DISK(windows);
  Stat before = (*windows.open()->volume(3))->find(kSystemPath.path)->stat();
  carried_out(windows, one(start_of("FileCrypt", 4)));
  Stat after = (*windows.open()->volume(3))->find(kSystemPath.path)->stat();
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.security_id, before.security_id);
  EXPECT_EQ(after.attributes, before.attributes);
}

TEST(Rehearsal, SequenceNumberEndsUpAboveThoseOfTheLogs) {
  DRYDOCK_WINDOWS_DISK(windows);
  ByteVector log(1024);
  std::memcpy(log.data(), "regf", 4);
  ASSERT_TRUE(store(log, 4, le32(900)));
  ASSERT_TRUE(store(log, 8, le32(900)));
  windows.put(std::string(kSystem) + ".LOG2", log);
  carried_out(windows, one(start_of("FileCrypt", 4)));
  EXPECT_EQ(sequence_of(windows.read(kSystem)).primary, 901u);
  EXPECT_EQ(windows.read(std::string(kSystem) + ".LOG2"), log);
}

TEST(Rehearsal, LogThatCantBeOutrunIsRefused) {
  DRYDOCK_WINDOWS_DISK(windows);
  ByteVector log(1024);
  std::memcpy(log.data(), "regf", 4);
  ASSERT_TRUE(store(log, 4, le32(0xffffffff)));
  windows.put(std::string(kSystem) + ".LOG1", log);
  auto outcomes = carry_out(windows, one(start_of("FileCrypt", 4)));
  ASSERT_FALSE(outcomes);
  EXPECT_EQ(outcomes.error().code(), Errc::unsupported);
}

TEST(Rehearsal, HiveThatGrowsKeepsItsFile) {
  DRYDOCK_WINDOWS_DISK(windows);
  Plan plan;
  for (int i = 0; i < 40; ++i) {
    RegistrySet edit = start_of("drydock" + std::to_string(i), 3);
    edit.value = hive::Value::sz("Text", std::string(8000, 'x'));
    plan.edits.push_back({edit, "a test"});
  }
  std::size_t before = windows.read(kSystem).size();
  carried_out(windows, plan);
  EXPECT_GT(windows.read(kSystem).size(), before);
  EXPECT_EQ(hivexget(taken_out(windows, kSystem),
                     "\\ControlSet001\\Services\\drydock39", "Text"),
            std::string(8000, 'x'));
}

TEST(Rehearsal, DeletesAValue) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto outcomes = carried_out(
      windows, one(RegistryDelete{.hive = kSystemPath,
                                  .key = "ControlSet001\\Services\\FileCrypt",
                                  .value = "Group"}));
  ASSERT_THAT(outcomes, SizeIs(1));
  EXPECT_EQ(outcomes[0].before, "REG_SZ \"FSFilter Encryption\"");
  EXPECT_EQ(outcomes[0].after, "");
  RunResult got = run({"hivexget", taken_out(windows, kSystem).string(),
                       "\\ControlSet001\\Services\\FileCrypt", "Group"});
  EXPECT_NE(got.exit_code, 0);
}

TEST(Rehearsal, DeletesAKeyWithAllBelow) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto outcomes =
      carried_out(windows, one(RegistryDelete{.hive = kSystemPath,
                                              .key = "ControlSet001\\Control\\SafeBoot",
                                              .value = {}}));
  ASSERT_THAT(outcomes, SizeIs(1));
  EXPECT_EQ(outcomes[0].before, "a key with 0 values and 2 keys below it");
  RunResult got = run({"hivexget", taken_out(windows, kSystem).string(),
                       "\\ControlSet001\\Control\\SafeBoot"});
  EXPECT_NE(got.exit_code, 0);
}

TEST(Rehearsal, WhatIsntThereCantBeDeleted) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto value = carry_out(
      windows,
      one(RegistryDelete{.hive = kSystemPath, .key = "Select", .value = "Nothing"}));
  EXPECT_EQ(value.error().code(), Errc::not_found);
  auto file = carry_out(windows, one(FileDelete{{3, "\\Windows\\nothing.txt"}}));
  EXPECT_EQ(file.error().code(), Errc::not_found);
}

TEST(Rehearsal, NoControlSetIsMade) {
  DRYDOCK_WINDOWS_DISK(windows);
  RegistrySet edit = start_of("FileCrypt", 4);
  edit.key = "ControlSet002\\Services\\FileCrypt";
  EXPECT_EQ(carry_out(windows, one(edit)).error().code(), Errc::bad_argument);
  edit.key = "CurrentControlSet\\Services\\FileCrypt";
  EXPECT_EQ(carry_out(windows, one(edit)).error().code(), Errc::bad_argument);
}

TEST(Rehearsal, SetsABootElement) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto outcomes = carried_out(windows, one(BcdSet{.store = kStorePath,
                                                  .object = windows.ids().loader,
                                                  .element = bcd::element::safe_boot,
                                                  .value = std::uint64_t{1}}));
  ASSERT_THAT(outcomes, SizeIs(1));
  EXPECT_EQ(outcomes[0].edit, "bcd.set");
  EXPECT_EQ(outcomes[0].where,
            std::string(kStore) + " " + to_string(windows.ids().loader) + " safeboot");
  EXPECT_EQ(outcomes[0].before, "");
  EXPECT_EQ(outcomes[0].after, "Network");
  EXPECT_EQ(
      hivexget(taken_out(windows, kStore),
               "\\Objects\\" + to_string(windows.ids().loader) + "\\Elements\\25000080",
               "Element"),
      std::string("\1\0\0\0\0\0\0\0", 8));
}

TEST(Rehearsal, SystemPartitionIsSoundAfterAStoreWasSaved) {
  DRYDOCK_WINDOWS_DISK(windows);
  carried_out(windows, one(BcdSet{.store = kStorePath,
                                  .object = bcd::kBootManager,
                                  .element = bcd::element::default_object,
                                  .value = windows.ids().absent}));
  std::filesystem::path raw = windows.save();
  const partition::Partition esp = *windows.open()->find_partition(1);
  std::filesystem::path part = windows.folder() / "esp";
  RunResult cut = run({"dd", "if=" + raw.string(), "of=" + part.string(), "bs=512",
                       "skip=" + std::to_string(esp.offset / 512),
                       "count=" + std::to_string(esp.size / 512), "status=none"});
  ASSERT_EQ(cut.exit_code, 0) << cut.err;
  RunResult checked = run({"fsck.fat", "-n", part.string()});
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
}

TEST(Rehearsal, DeletesABootElement) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto outcomes =
      carried_out(windows, one(BcdDelete{.store = kStorePath,
                                         .object = bcd::kBootManager,
                                         .element = bcd::element::timeout}));
  ASSERT_THAT(outcomes, SizeIs(1));
  EXPECT_EQ(outcomes[0].before, "30");
  EXPECT_EQ(outcomes[0].after, "");
}

TEST(Rehearsal, ElementOfAnObjectThatIsGoneIsNotFound) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto outcomes = carry_out(windows, one(BcdSet{.store = kStorePath,
                                                .object = windows.ids().absent,
                                                .element = bcd::element::safe_boot,
                                                .value = std::uint64_t{0}}));
  ASSERT_FALSE(outcomes);
  EXPECT_EQ(outcomes.error().code(), Errc::not_found);
  EXPECT_THAT(outcomes.error().describe(), HasSubstr(kStore));
}

TEST(Rehearsal, PutsAFile) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto outcomes = carried_out(
      windows, one(FilePut{.file = {3, "\\Windows\\note.txt"}, .content = [] {
                             Bytes text = bytes_of("hello");
                             return ByteVector(text.begin(), text.end());
                           }()}));
  ASSERT_THAT(outcomes, SizeIs(1));
  EXPECT_EQ(outcomes[0].before, "");
  EXPECT_EQ(outcomes[0].after,
            "5 bytes, sha256 "
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(as_text(windows.read("C:\\Windows\\note.txt")), "hello");
}

TEST(Rehearsal, PuttingWhatIsThereWritesNothing) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto outcomes = carried_out(
      windows, one(FilePut{.file = kStorePath, .content = windows.read(kStore)}));
  ASSERT_THAT(outcomes, SizeIs(1));
  EXPECT_FALSE(outcomes[0].changed);
  EXPECT_THAT(*windows.device()->changes(), IsEmpty());
}

TEST(Rehearsal, DeletesAndRenamesFiles) {
  DRYDOCK_WINDOWS_DISK(windows);
  Plan plan = one(FileRename{.file = {3, "\\Windows\\System32\\drivers\\beep.sys"},
                             .to = "\\Windows\\System32\\drivers\\old_beep.sys"});
  plan.edits.push_back(
      {FileDelete{{3, "\\Windows\\System32\\drivers\\null.sys"}}, "a test"});
  auto outcomes = carried_out(windows, plan);
  ASSERT_THAT(outcomes, SizeIs(2));
  EXPECT_EQ(outcomes[0].after, "C:\\Windows\\System32\\drivers\\old_beep.sys");
  EXPECT_THAT(outcomes[1].before, HasSubstr("sha256"));
  auto volume = *windows.open()->volume(3);
  EXPECT_TRUE(volume->find("\\Windows\\System32\\drivers\\old_beep.sys"));
  EXPECT_FALSE(volume->find("\\Windows\\System32\\drivers\\beep.sys"));
  EXPECT_FALSE(volume->find("\\Windows\\System32\\drivers\\null.sys"));
}

TEST(Rehearsal, FileEditSeesTheHiveAsItWasEditedBefore) {
  DRYDOCK_WINDOWS_DISK(windows);
  Plan plan = one(start_of("FileCrypt", 4));
  plan.edits.push_back({FileRename{.file = kSystemPath, .to = "\\SYSTEM"}, "a test"});
  carried_out(windows, plan);
  std::filesystem::path file = windows.folder() / "moved";
  ASSERT_TRUE(harness::write_host_file(file, windows.read("3:\\SYSTEM")));
  EXPECT_EQ(hivexget(file, "\\ControlSet001\\Services\\FileCrypt", "Start"), "4");
}

TEST(Rehearsal, DirtyHiveWhoseLogsCantBeAppliedIsntEdited) {
  DRYDOCK_WINDOWS_DISK(windows);
  ByteVector system = windows.read(kSystem);
  Sequence sequence = sequence_of(system);
  ASSERT_TRUE(store(system, 4, le32(sequence.primary + 1)));
  windows.put(kSystem, system);
  windows.put(std::string(kSystem) + ".LOG1", ByteVector(1024, std::byte{'x'}));
  auto outcomes = carry_out(windows, one(start_of("FileCrypt", 4)));
  ASSERT_FALSE(outcomes);
  EXPECT_EQ(outcomes.error().code(), Errc::busy);
}

TEST(Rehearsal, FileThatIsNoHiveIsCorrupt) {
  DRYDOCK_WINDOWS_DISK(windows);
  RegistrySet edit = start_of("x", 4);
  edit.hive = {3, "\\Windows\\System32\\winload.efi"};
  EXPECT_EQ(carry_out(windows, one(edit)).error().code(), Errc::corrupt);
}

TEST(Plan, BootEditOfADiskWithBitLockerWarns) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::uint64_t offset = windows.open()->find_partition(4)->offset;
  ASSERT_TRUE(windows.device()->write(offset + 3, bytes_of("-FVE-FS-")));
  auto disk = windows.open();
  Plan boot = one(BcdDelete{.store = kStorePath,
                            .object = bcd::kBootManager,
                            .element = bcd::element::timeout});
  EXPECT_THAT(warnings_for(boot, *disk), ElementsAre(HasSubstr("recovery key")));
  EXPECT_THAT(warnings_for(one(FileDelete{kStorePath}), *disk), SizeIs(1));
  BcdCreate create{.store = kStorePath, .object = bcd::kEmsSettings, .type = 0};
  EXPECT_THAT(warnings_for(one(create), *disk), SizeIs(1));
  BcdRemove remove{.store = kStorePath, .object = bcd::kEmsSettings};
  EXPECT_THAT(warnings_for(one(remove), *disk), SizeIs(1));
  EXPECT_THAT(warnings_for(one(start_of("FileCrypt", 4)), *disk), IsEmpty());
}

TEST(Plan, BootEditOfAPlainDiskDoesnt) {
  DRYDOCK_WINDOWS_DISK(windows);
  Plan boot = one(BcdDelete{.store = kStorePath,
                            .object = bcd::kBootManager,
                            .element = bcd::element::timeout});
  EXPECT_THAT(warnings_for(boot, *windows.open()), IsEmpty());
}

TEST(Plan, KindsOfEditsHaveTheirWords) {
  EXPECT_EQ(kind_of(BcdSet{}), "bcd.set");
  EXPECT_EQ(kind_of(BcdDelete{}), "bcd.delete");
  EXPECT_EQ(kind_of(BcdCreate{}), "bcd.create");
  EXPECT_EQ(kind_of(BcdRemove{}), "bcd.remove");
  EXPECT_EQ(kind_of(RegistrySet{}), "registry.set");
  EXPECT_EQ(kind_of(RegistryDelete{}), "registry.delete");
  EXPECT_EQ(kind_of(FilePut{}), "file.put");
  EXPECT_EQ(kind_of(FileDelete{}), "file.delete");
  EXPECT_EQ(kind_of(FileRename{}), "file.rename");
}

}  // namespace
}  // namespace drydock::repair
