#include "repair/recipes/recipes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/bcd/names.h"
#include "repair/diagnose.h"
#include "repair/installation.h"
#include "tests/repair/recipe_support.h"
#include "tests/support/run.h"
#include "vhd/base/endian.h"

namespace drydock::repair {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kSystem[] = "C:\\Windows\\System32\\config\\SYSTEM";
constexpr char kStore[] = "esp:\\EFI\\Microsoft\\Boot\\BCD";
constexpr char kBootmgr[] = "object {9dea862c-5cdd-4e70-acc1-f32b344d4795} 10100002\n";

TEST(Recipes, AreFoundByTheirNames) {
  EXPECT_EQ(find_recipe("bcd.default-missing"), &bcd_default_missing());
  EXPECT_EQ(find_recipe("driver.disable"), &driver_disable());
  EXPECT_EQ(find_recipe("no.such"), nullptr);
}

TEST(Recipes, OnlyThoseThatNeedNoPersonAreUsedUnasked) {
  EXPECT_THAT(automatic_recipes(), Contains(&bcd_default_missing()));
  EXPECT_THAT(automatic_recipes(), ::testing::Not(Contains(&driver_disable())));
}

// ---- partition.gpt-torn

struct Torn {
  const char* name;
  std::uint64_t lba;  // of the disk's 327,680; 0: the last
  const char* what;
};

class PartitionGptTorn : public ::testing::TestWithParam<Torn> {};

TEST_P(PartitionGptTorn, IsFoundAndMendedAndSgdiskIsContent) {
  DRYDOCK_WINDOWS_DISK(windows);
  EXPECT_THAT(*examine(windows, partition_gpt_torn()), IsEmpty());
  auto before = windows.open()->table().partitions;
  std::uint64_t lba = GetParam().lba;
  if (lba == 0) lba = windows.device()->size() / 512 - 1;
  ASSERT_TRUE(windows.device()->write(lba * 512 + 40, ByteVector(16)));
  auto findings = examine(windows, partition_gpt_torn());
  ASSERT_TRUE(findings) << findings.error().describe();
  ASSERT_THAT(*findings, SizeIs(1));
  EXPECT_EQ(findings->at(0).what, GetParam().what);
  EXPECT_THAT(findings->at(0).evidence, SizeIs(2));
  carry_out(windows, *mend(windows, partition_gpt_torn()));
  EXPECT_THAT(*examine(windows, partition_gpt_torn()), IsEmpty());
  EXPECT_EQ(windows.open()->table().partitions.size(), before.size());
  if (!have_program("sgdisk")) GTEST_SKIP() << "sgdisk isn't here";
  RunResult result = run({"sgdisk", "-v", windows.save().string()});
  EXPECT_THAT(result.out, HasSubstr("No problems found"));
}

INSTANTIATE_TEST_SUITE_P(
    Copies, PartitionGptTorn,
    ::testing::Values(
        Torn{"Primary", 1, "the primary copy of the GPT isn't the backup copy's twin"},
        Torn{"PrimaryEntries", 2,
             "the primary copy of the GPT isn't the backup copy's twin"},
        Torn{"Backup", 0, "the backup copy of the GPT isn't the primary copy's twin"}),
    [](const auto& torn) { return torn.param.name; });

// ---- bcd.default-missing

TEST(BcdDefaultMissing, HealthyDiskHasNoFinding) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto findings = examine(windows, bcd_default_missing());
  ASSERT_TRUE(findings) << findings.error().describe();
  EXPECT_THAT(*findings, IsEmpty());
}

TEST(BcdDefaultMissing, DefaultThatNamesNoObjectIsFoundAndMended) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, std::string(kBootmgr) + "23000003 = sz \"${absent}\"\n");
  auto findings = examine(windows, bcd_default_missing());
  ASSERT_TRUE(findings);
  ASSERT_THAT(*findings, SizeIs(1));
  const Finding& finding = findings->at(0);
  EXPECT_EQ(finding.what, "the boot manager's default names no object");
  EXPECT_EQ(finding.where, kStore);
  EXPECT_TRUE(finding.stops_boot);
  EXPECT_EQ(finding.status, "0xC0000225");
  EXPECT_THAT(finding.evidence, Contains(HasSubstr(to_string(windows.ids().absent))));
  auto plan = mend(windows, bcd_default_missing());
  ASSERT_TRUE(plan) << plan.error().describe();
  ASSERT_THAT(plan->edits, SizeIs(1));
  carry_out(windows, *plan);
  EXPECT_THAT(*examine(windows, bcd_default_missing()), IsEmpty());
}

TEST(BcdDefaultMissing, DefaultThatIsAbsentIsFound) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.run_hivexsh(kStore,
                      "cd \\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\"
                      "23000003\ndel");
  auto findings = examine(windows, bcd_default_missing());
  ASSERT_TRUE(findings);
  ASSERT_THAT(*findings, SizeIs(1));
  EXPECT_EQ(findings->at(0).what, "the boot manager has no default entry");
}

TEST(BcdDefaultMissing, DefaultThatStartsNoSystemIsFound) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, std::string(kBootmgr) +
                                "23000003 = sz \"{b2721d73-1db4-4c62-bf78-"
                                "c548a880142d}\"\n");
  auto findings = examine(windows, bcd_default_missing());
  ASSERT_TRUE(findings);
  ASSERT_THAT(*findings, SizeIs(1));
  EXPECT_THAT(findings->at(0).what, HasSubstr("starts no system"));
  EXPECT_THAT(findings->at(0).evidence, Contains(HasSubstr("{memdiag}")));
}

TEST(BcdDefaultMissing, EntryThatIsNotListedIsListedToo) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, std::string(kBootmgr) +
                                "23000003 = sz \"${absent}\"\n"
                                "24000001 = multi \"${absent}\"\n");
  EXPECT_EQ(examine(windows, bcd_default_missing())->at(0).status, "0xC0000098");
  auto plan = mend(windows, bcd_default_missing());
  ASSERT_TRUE(plan) << plan.error().describe();
  ASSERT_THAT(plan->edits, SizeIs(2));
  const auto& order = std::get<BcdSet>(plan->edits[1].action);
  EXPECT_EQ(order.element, bcd::element::display_order);
  EXPECT_THAT(std::get<std::vector<bcd::ObjectId>>(order.value),
              ElementsAre(windows.ids().absent, windows.ids().loader));
}

TEST(BcdDefaultMissing, TwoLoadersOfOneWindowsAreNotChosenFrom) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, std::string(kBootmgr) +
                                "23000003 = sz \"${absent}\"\n"
                                "object {11111111-2222-3333-4444-555555555555} "
                                "10200003\n"
                                "12000002 = sz \"\\Windows\\system32\\winload.efi\"\n"
                                "12000004 = sz \"Second\"\n"
                                "21000001 = hex ${windows_device}\n"
                                "22000002 = sz \"\\Windows\"\n");
  auto plan = mend(windows, bcd_default_missing());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), Errc::unsupported);
  EXPECT_THAT(plan.error().words(), HasSubstr("\"Second\""));
  EXPECT_THAT(plan.error().words(), HasSubstr(to_string(windows.ids().loader)));
}

TEST(BcdDefaultMissing, LoaderOfTheOtherFirmwareIsPassedOver) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, std::string(kBootmgr) +
                                "23000003 = sz \"${absent}\"\n"
                                "object ${loader} 10200003\n"
                                "12000002 = sz \"\\Windows\\system32\\winload.exe\"\n");
  auto plan = mend(windows, bcd_default_missing());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), Errc::unsupported);
  EXPECT_THAT(examine(windows, bcd_default_missing())->at(0).evidence,
              Contains(HasSubstr("winload.exe")));
}

TEST(BcdDefaultMissing, StoreWithoutABootManagerIsFoundAndLeft) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.run_hivexsh(kStore,
                      "cd \\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\ndel");
  EXPECT_THAT(examine(windows, bcd_default_missing())->at(0).what,
              HasSubstr("no boot manager"));
  EXPECT_EQ(mend(windows, bcd_default_missing()).error().code(), Errc::unsupported);
}

TEST(BcdDefaultMissing, StoreThatIsNoHiveIsNoCleanBill) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.put(kStore, ByteVector(8192));
  auto findings = examine(windows, bcd_default_missing());
  ASSERT_FALSE(findings);
  EXPECT_THAT(findings.error().describe(), HasSubstr(kStore));
}

TEST(BcdDefaultMissing, DirtyStoreIsNoCleanBill) {
  DRYDOCK_WINDOWS_DISK(windows);
  ByteVector store_bytes = windows.read(kStore);
  ASSERT_TRUE(store(store_bytes, 4, le32(77777)));
  windows.put(kStore, store_bytes);
  windows.put(std::string(kStore) + ".LOG", ByteVector(1024, std::byte{'x'}));
  EXPECT_EQ(examine(windows, bcd_default_missing()).error().code(), Errc::busy);
}

// ---- driver.disable

const Settings kGuard{{"driver", "cstguard"}};

// A third party's filter driver, as the harness's fault of this name makes it.
constexpr char kGuardText[] =
    "[ControlSet001\\Services\\cstguard]\n"
    "ErrorControl = dword 1\n"
    "Group = sz \"Filter\"\n"
    "ImagePath = expand \"System32\\drivers\\cstguard.sys\"\n"
    "Start = dword 0\n"
    "Type = dword 1\n"
    "[ControlSet001\\Control\\Class\\{71a27cdd-812a-11d0-bec7-08002be2092f}]\n"
    "UpperFilters += multi \"CSTGuard\"\n";

TEST(DriverDisable, NeedsToBeToldWhichDriver) {
  DRYDOCK_WINDOWS_DISK(windows);
  EXPECT_EQ(examine(windows, driver_disable()).error().code(), Errc::bad_argument);
  EXPECT_EQ(examine(windows, driver_disable(), {{"driver", ""}}).error().code(),
            Errc::bad_argument);
  EXPECT_EQ(examine(windows, driver_disable(), {{"driver", "a\\b"}}).error().code(),
            Errc::bad_argument);
}

TEST(DriverDisable, DriverThatStartsIsFoundWithItsFacts) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, kGuardText);
  auto findings = examine(windows, driver_disable(), kGuard);
  ASSERT_TRUE(findings) << findings.error().describe();
  ASSERT_THAT(*findings, SizeIs(1));
  const Finding& finding = findings->at(0);
  EXPECT_EQ(finding.what, "cstguard is to be disabled, and starts at boot");
  EXPECT_EQ(finding.where, std::string(kSystem) + " ControlSet001\\Services\\cstguard");
  EXPECT_EQ(finding.image_name, "cstguard.sys");
  EXPECT_THAT(finding.evidence, Contains(HasSubstr("UpperFilters: volsnap, CSTGuard")));
}

TEST(DriverDisable, StartAndFiltersAreMended) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, kGuardText);
  auto plan = mend(windows, driver_disable(), kGuard);
  ASSERT_TRUE(plan) << plan.error().describe();
  ASSERT_THAT(plan->edits, SizeIs(2));
  carry_out(windows, *plan);
  EXPECT_THAT(*examine(windows, driver_disable(), kGuard), IsEmpty());
  const auto& filters = std::get<RegistrySet>(plan->edits[1].action);
  EXPECT_EQ(filters.value->texts(), std::vector<std::string>{"volsnap"});
}

TEST(DriverDisable, FilterListThatWouldBeEmptyIsRemoved) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, std::string(kGuardText) +
                                 "[ControlSet001\\Control\\Class\\{4d36e96b-e325-11ce-"
                                 "bfc1-08002be10318}]\n"
                                 "UpperFilters = multi \"cstguard\"\n");
  auto plan = mend(windows, driver_disable(), kGuard);
  ASSERT_TRUE(plan);
  ASSERT_THAT(plan->edits, SizeIs(3));
  EXPECT_TRUE(std::holds_alternative<RegistryDelete>(plan->edits[1].action));
}

TEST(DriverDisable, FiltersOfSingleDevicesCountToo) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, std::string(kGuardText) +
                                 "[ControlSet001\\Enum\\SCSI\\Disk&Ven_Msft\\000000]\n"
                                 "LowerFilters = multi \"cstguard\" \"other\"\n");
  auto plan = mend(windows, driver_disable(), kGuard);
  ASSERT_TRUE(plan);
  ASSERT_THAT(plan->edits, SizeIs(3));
  EXPECT_EQ(std::get<RegistrySet>(plan->edits[2].action).key,
            "ControlSet001\\Enum\\SCSI\\Disk&Ven_Msft\\000000");
}

TEST(DriverDisable, DisabledDriverIsHealthy) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, "[ControlSet001\\Services\\Beep]\nStart = dword 4\n");
  auto findings = examine(windows, driver_disable(), {{"driver", "beep"}});
  ASSERT_TRUE(findings) << findings.error().describe();
  EXPECT_THAT(*findings, IsEmpty());
}

TEST(DriverDisable, DisabledDriverThatIsStillAFilterIsFound) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    std::string(kGuardText) +
                        "[ControlSet001\\Services\\cstguard]\nStart = dword 4\n");
  auto findings = examine(windows, driver_disable(), kGuard);
  ASSERT_TRUE(findings);
  ASSERT_THAT(*findings, SizeIs(1));
  EXPECT_THAT(findings->at(0).what, HasSubstr("still ask for it as a filter"));
}

TEST(DriverDisable, EachControlSetInUseIsMendedAndAbsentOnesAreNoted) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(
      kSystem,
      "[Select]\nCurrent = dword 1\nDefault = dword 2\n"
      "LastKnownGood = dword 3\n"
      "[ControlSet002\\Services\\Beep]\nStart = dword 1\nType = dword 1\n"
      "[ControlSet004\\Services\\Beep]\nStart = dword 1\nType = dword 1\n");
  auto plan = mend(windows, driver_disable(), {{"driver", "Beep"}});
  ASSERT_TRUE(plan) << plan.error().describe();
  ASSERT_THAT(plan->edits, SizeIs(2));
  EXPECT_EQ(std::get<RegistrySet>(plan->edits[0].action).key,
            "ControlSet001\\Services\\Beep");
  EXPECT_EQ(std::get<RegistrySet>(plan->edits[1].action).key,
            "ControlSet002\\Services\\Beep");
  EXPECT_THAT(plan->notes, Contains(HasSubstr("ControlSet003")));
}

TEST(DriverDisable, SetWithoutTheServiceIsLeftWithout) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[Select]\nDefault = dword 2\n[ControlSet002\\Services\\Null]\n");
  auto plan = mend(windows, driver_disable(), {{"driver", "Beep"}});
  ASSERT_TRUE(plan) << plan.error().describe();
  EXPECT_THAT(plan->edits, SizeIs(1));
  EXPECT_THAT(plan->notes, Contains(HasSubstr("ControlSet002\\Services\\Beep")));
}

TEST(DriverDisable, ServiceThatIsNotThereIsNotFoundWithItsLikes) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto findings = examine(windows, driver_disable(), {{"driver", "filecrypt.sys"}});
  ASSERT_FALSE(findings);
  EXPECT_EQ(findings.error().code(), Errc::not_found);
  EXPECT_THAT(findings.error().words(), HasSubstr("there are FileCrypt"));
}

TEST(DriverDisable, DriversOfTheDiskAreRefused) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto findings = examine(windows, driver_disable(), {{"driver", "StorVSC"}});
  ASSERT_FALSE(findings);
  EXPECT_EQ(findings.error().code(), Errc::bad_argument);
  EXPECT_THAT(findings.error().words(), HasSubstr("0x7B"));
}

TEST(DriverDisable, ServiceThatIsNoDriverIsRefused) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto findings = examine(windows, driver_disable(), {{"driver", "CryptSvc"}});
  ASSERT_FALSE(findings);
  EXPECT_EQ(findings.error().code(), Errc::bad_argument);
}

TEST(DriverDisable, BootStorageDriverComesWithAWarning) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[ControlSet001\\Services\\viostor]\nStart = dword 0\n"
                    "Type = dword 1\nGroup = sz \"SCSI miniport\"\n"
                    "[ControlSet001\\Services\\viohelp]\nStart = dword 2\n"
                    "Type = dword 16\nDependOnService = multi \"VioStor\"\n");
  auto plan = mend(windows, driver_disable(), {{"driver", "viostor"}});
  ASSERT_TRUE(plan) << plan.error().describe();
  EXPECT_THAT(plan->notes, Contains(HasSubstr("0x7B")));
  EXPECT_THAT(plan->notes, Contains(HasSubstr("viohelp")));
}

}  // namespace
}  // namespace drydock::repair
