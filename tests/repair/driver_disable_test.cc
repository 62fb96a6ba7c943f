// Drivers that are kept from loading and let load again; filters without a service;
// Driver Verifier.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "repair/driver/disable.h"
#include "repair/recipes/recipes.h"
#include "tests/repair/recipe_support.h"

namespace drydock::driver {
namespace {

using repair::carry_out;
using repair::examine;
using repair::mend;
using repair::Plan;
using repair::RegistryDelete;
using repair::RegistrySet;
using repair::WindowsDisk;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kSystem[] = "C:\\Windows\\System32\\config\\SYSTEM";

Result<Sight> sight(const WindowsDisk& windows, std::string_view name) {
  auto disk = windows.open();
  return look_at(*disk->installations().at(0), name);
}

Plan plan_for(const WindowsDisk& windows, std::string_view name,
              std::optional<KnownStart> start) {
  auto disk = windows.open();
  const repair::Installation& installation = *disk->installations().at(0);
  auto seen = look_at(installation, name);
  EXPECT_TRUE(seen) << seen.error().describe();
  Plan plan;
  if (start) {
    plan_enable(installation, *seen, *start, plan);
  } else {
    plan_disable(installation, *seen, plan);
  }
  return plan;
}

constexpr char kViostor[] =
    "[ControlSet001\\Services\\viostor]\nStart = dword 0\nType = dword 1\n"
    "[ControlSet001\\Services\\viostor\\StartOverride]\n\"0\" = dword 3\n";

TEST(DisabledDriver, LosesWhatCountsInsteadOfStart) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, kViostor);
  Plan plan = plan_for(windows, "viostor", std::nullopt);
  ASSERT_THAT(plan.edits, SizeIs(2));
  const auto& set = std::get<RegistrySet>(plan.edits[1].action);
  EXPECT_EQ(set.key, "ControlSet001\\Services\\viostor\\StartOverride");
  EXPECT_EQ(set.value->number(), 4u);
  carry_out(windows, plan);
  EXPECT_FALSE(sight(windows, "viostor")->services[0].may_start());
  EXPECT_THAT(plan_for(windows, "viostor", std::nullopt).edits, IsEmpty());
}

TEST(EnabledDriver, StartsAsItIsToldInEachControlSet) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, std::string(kViostor) +
                                 "[Select]\nLastKnownGood = dword 2\n"
                                 "[ControlSet002\\Services\\viostor]\n"
                                 "Start = dword 4\nType = dword 1\n");
  Plan plan = plan_for(
      windows, "viostor",
      KnownStart{.start = Start::boot, .source = "it is asked for", .asked = true});
  ASSERT_THAT(plan.edits, SizeIs(2));
  carry_out(windows, plan);
  auto seen = sight(windows, "viostor");
  EXPECT_EQ(seen->services[0].overrides[0].second, 0u);
  EXPECT_EQ(seen->services[1].start, 0u);
}

TEST(EnabledDriver, GetsBackEachValueAsItWas) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[ControlSet001\\Services\\hba]\nStart = dword 4\nType = dword 1\n"
                    "[ControlSet001\\Services\\hba\\StartOverride]\n"
                    "0 = dword 4\n1 = dword 4\n2 = dword 1\n");
  KnownStart known{.start = Start::demand, .source = "it did before"};
  known.before["controlset001\\services\\hba\\startoverride 0"] = 0;
  carry_out(windows, plan_for(windows, "hba", known));
  auto seen = sight(windows, "hba");
  EXPECT_EQ(seen->services[0].start, 3u);
  std::map<std::string, std::uint64_t> overrides(seen->services[0].overrides.begin(),
                                                 seen->services[0].overrides.end());
  // The first as it was, the second as Start, and the third never kept it from loading.
  EXPECT_EQ(overrides,
            (std::map<std::string, std::uint64_t>{{"0", 0}, {"1", 3}, {"2", 1}}));
  EXPECT_FALSE(is_disabled(*seen));
}

TEST(DisabledDriver, WithoutANameIsNone) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto seen = sight(windows, "");
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code(), Errc::bad_argument);
}

TEST(KnownStartOfADriver, IsWhatAnotherControlSetSays) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[Select]\nLastKnownGood = dword 2\n"
                    "[ControlSet001\\Services\\Beep]\nStart = dword 4\n"
                    "[ControlSet002\\Services\\Beep]\nStart = dword 1\n");
  auto known = known_start(*sight(windows, "Beep"));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->start, Start::system);
  EXPECT_THAT(known->source, HasSubstr("ControlSet002"));
}

TEST(KnownStartOfADriver, IsBootWhereTheCriticalDatabaseNamesIt) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[ControlSet001\\Services\\viostor]\nStart = dword 4\n"
                    "[ControlSet001\\Control\\CriticalDeviceDatabase\\pci#ven_1af4]\n"
                    "Service = sz \"VioStor\"\n");
  EXPECT_EQ(known_start(*sight(windows, "viostor"))->start, Start::boot);
}

TEST(KnownStartOfADriver, IsNothingWhereNothingTells) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, "[ControlSet001\\Services\\Beep]\nStart = dword 4\n");
  EXPECT_FALSE(known_start(*sight(windows, "Beep")));
}

TEST(NeededDriver, IsOneThatABootDiskMayHangOn) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, std::string(kViostor) +
                                 "[ControlSet001\\Enum\\PCI\\VEN_1AF4\\3&1]\n"
                                 "Service = sz \"viostor\"\n"
                                 "ClassGUID = sz "
                                 "\"{4D36E97B-E325-11CE-BFC1-08002BE10318}\"\n");
  auto why = why_needed(*sight(windows, "viostor"));
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, HasSubstr("Enum\\PCI\\VEN_1AF4\\3&1, a storage controller"));
  EXPECT_FALSE(why_needed(*sight(windows, "Beep")));
  EXPECT_TRUE(why_needed(*sight(windows, "Ntfs")));
}

// ---- driver.filter-dangling

TEST(DriverFilterDangling, FiltersOfAHealthyWindowsAllHaveServices) {
  DRYDOCK_WINDOWS_DISK(windows);
  EXPECT_THAT(*examine(windows, repair::driver_filter_dangling()), IsEmpty());
}

TEST(DriverFilterDangling, NamesWithoutAServiceGoAndTheOthersStay) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[ControlSet001\\Control\\Class\\{71a27cdd-812a-11d0-bec7-"
                    "08002be2092f}]\n"
                    "UpperFilters = multi \"gone1\" \"VolSnap\" \"gone2\"\n");
  auto findings = examine(windows, repair::driver_filter_dangling());
  ASSERT_THAT(*findings, SizeIs(1));
  EXPECT_THAT(findings->at(0).what, HasSubstr("gone1, gone2 of Volume"));
  EXPECT_TRUE(findings->at(0).stops_boot);
  auto plan = mend(windows, repair::driver_filter_dangling());
  const auto& set = std::get<RegistrySet>(plan->edits.at(0).action);
  EXPECT_EQ(set.value->texts(), std::vector<std::string>{"VolSnap"});
  carry_out(windows, *plan);
  EXPECT_THAT(*examine(windows, repair::driver_filter_dangling()), IsEmpty());
}

TEST(DriverFilterDangling, FiltersOfOneDeviceCountToo) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem,
                    "[ControlSet001\\Enum\\SCSI\\Disk&Ven_Msft\\000000]\n"
                    "ClassGUID = sz \"{4d36e967-e325-11ce-bfc1-08002be10318}\"\n"
                    "LowerFilters = multi \"gone\"\n");
  auto findings = examine(windows, repair::driver_filter_dangling());
  ASSERT_THAT(*findings, SizeIs(1));
  EXPECT_TRUE(findings->at(0).stops_boot);
  auto plan = mend(windows, repair::driver_filter_dangling());
  EXPECT_TRUE(std::holds_alternative<RegistryDelete>(plan->edits.at(0).action));
}

// ---- driver.start-wrong

TEST(DriverStartWrong, IsFoundInEachControlSetAndMended) {
  DRYDOCK_WINDOWS_DISK(windows);
  EXPECT_THAT(*examine(windows, repair::driver_start_wrong()), IsEmpty());
  windows.edit_hive(kSystem,
                    "[Select]\nLastKnownGood = dword 2\n"
                    "[ControlSet001\\Services\\disk]\nStart = dword 4\n"
                    "[ControlSet002\\Services\\pci\\StartOverride]\n\"0\" = dword 3\n"
                    "[ControlSet002\\Services\\pci]\nStart = dword 0\n");
  auto findings = examine(windows, repair::driver_start_wrong());
  ASSERT_THAT(*findings, SizeIs(2));
  EXPECT_THAT(findings->at(0).what, HasSubstr("disk starts never"));
  EXPECT_THAT(findings->at(1).what, HasSubstr("pci starts as StartOverride says"));
  auto plan = mend(windows, repair::driver_start_wrong());
  EXPECT_THAT(plan->edits, SizeIs(2));
  carry_out(windows, *plan);
  EXPECT_THAT(*examine(windows, repair::driver_start_wrong()), IsEmpty());
}

TEST(DriverStartWrong, DriversThatOnlySomeMachinesNeedAreLeft) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, "[ControlSet001\\Services\\storahci]\nStart = dword 3\n");
  EXPECT_THAT(*examine(windows, repair::driver_start_wrong()), IsEmpty());
}

// ---- verifier.reset

constexpr char kMemory[] =
    "[ControlSet001\\Control\\Session Manager\\Memory Management]\n";

TEST(VerifierReset, NamesTheDriversAndTheChecks) {
  DRYDOCK_WINDOWS_DISK(windows);
  EXPECT_THAT(*examine(windows, repair::verifier_reset()), IsEmpty());
  windows.edit_hive(kSystem, std::string(kMemory) +
                                 "VerifyDrivers = sz \"a.sys  b.sys\"\n"
                                 "VerifyDriverLevel = dword 0x5\n");
  auto findings = examine(windows, repair::verifier_reset());
  ASSERT_THAT(*findings, SizeIs(1));
  EXPECT_THAT(findings->at(0).what, HasSubstr("checks a.sys, b.sys"));
  EXPECT_THAT(findings->at(0).evidence,
              Contains(HasSubstr("0x5: special pool, low resources simulation")));
  auto plan = mend(windows, repair::verifier_reset());
  EXPECT_THAT(plan->edits, SizeIs(2));
  carry_out(windows, *plan);
  EXPECT_THAT(*examine(windows, repair::verifier_reset()), IsEmpty());
}

TEST(VerifierReset, LevelWithoutDriversIsNoFinding) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kSystem, std::string(kMemory) + "VerifyDriverLevel = dword 0\n");
  EXPECT_THAT(*examine(windows, repair::verifier_reset()), IsEmpty());
}

}  // namespace
}  // namespace drydock::driver
