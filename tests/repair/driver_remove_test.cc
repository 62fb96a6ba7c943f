// Real driver packages taken out of a built Windows again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "repair/driver/remove.h"
#include "tests/repair/driver_packages.h"

namespace drydock::driver {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr char kSystem[] = "C:\\Windows\\System32\\config\\SYSTEM";
constexpr char kDriver[] = "C:\\Windows\\System32\\drivers\\viostor.sys";

// A disk with viostor on it; the overlay holds it.
Result<Added> add_to(repair::WindowsDisk& windows, const HostPackage& package) {
  auto disk = windows.open_writable();
  repair::Plan plan;
  Added added = TRY(plan_package(*disk->installations().at(0), package, {}, plan));
  TRY(repair::rehearse(plan, *disk));
  TRY(disk->flush());
  return added;
}

Result<repair::Plan> plan_for(const repair::WindowsDisk& windows, std::string_view name,
                              const RemoveOptions& options = {}) {
  auto disk = windows.open();
  repair::Plan plan;
  TRY(plan_remove(*disk->installations().at(0), name, options, plan));
  return plan;
}

std::string refusal(const repair::WindowsDisk& windows, std::string_view name) {
  auto plan = plan_for(windows, name);
  return plan ? "taken" : plan.error().describe();
}

Done carry_out(repair::WindowsDisk& windows, const repair::Plan& plan) {
  auto disk = windows.open_writable();
  TRY(repair::rehearse(plan, *disk));
  return disk->flush();
}

// The keys and values of SYSTEM, a line each, as reglookup prints them.
std::vector<std::string> registry_lines(repair::WindowsDisk& windows) {
  std::filesystem::path hive = windows.folder() / "judged";
  ByteVector bytes = windows.read(kSystem);
  std::ofstream(hive, std::ios::binary) << as_text(bytes);
  std::istringstream lines(ascii_lower(run({"reglookup", hive.string()}).out));
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  return all;
}

TEST(DriverRemove, TakesOutAllThatAddPutInAsOtherProgramsSee) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  if (!have_program("fls") || !have_program("reglookup")) {
    GTEST_SKIP() << "sleuthkit or reglookup isn't installed";
  }
  DRYDOCK_WINDOWS_DISK(windows);
  std::vector<std::string> before = look_into(windows, windows.save()).paths();
  auto added = add_to(windows, package);
  ASSERT_TRUE(added) << added.error().describe();
  EXPECT_THAT(registry_lines(windows), Contains(HasSubstr("viostor")));
  auto plan = plan_for(windows, "viostor");
  ASSERT_TRUE(plan) << plan.error().describe();
  EXPECT_THAT(plan->notes, IsEmpty());
  Done done = carry_out(windows, *plan);
  ASSERT_TRUE(done) << done.error().describe();

  EXPECT_THAT(registry_lines(windows), Each(Not(HasSubstr("viostor"))));
  EXPECT_THAT(registry_lines(windows), Each(Not(HasSubstr(added->names.inf))));
  std::vector<std::string> after = look_into(windows, windows.save()).paths();
  std::vector<std::string> left;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(left));
  // Folders that every Windows has, and this one hadn't.
  EXPECT_THAT(left, Each(StartsWith("windows/system32/driverstore")));
  EXPECT_THAT(left, Each(Not(HasSubstr("viostor"))));
}

TEST(DriverRemove, IsUndoneToTheLastByte) {
  DRYDOCK_PACKAGE(package, "NetKVM/2k22/amd64", "netkvm.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  auto added = add_to_image(image, package);
  ASSERT_TRUE(added) << added.error().describe();
  std::string before = hash_of(image);
  auto transaction = repair::Transaction::begin(image);
  ASSERT_TRUE(transaction) << transaction.error().describe();
  repair::Plan plan;
  Done planned = plan_remove(*(*transaction)->disk().installations().at(0),
                             "netkvm.inf", {}, plan);
  ASSERT_TRUE(planned) << planned.error().describe();
  ASSERT_TRUE(repair::apply_plan(**transaction, plan, "drivers remove"));
  transaction->reset();
  EXPECT_NE(hash_of(image), before);
  ASSERT_TRUE(repair::undo(image));
  EXPECT_EQ(hash_of(image), before);
}

TEST(DriverRemove, FindsThePackageByEachOfItsNames) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  auto added = add_to(windows, package);
  ASSERT_TRUE(added) << added.error().describe();
  std::vector<std::size_t> counts;
  for (const std::string& name :
       {std::string("VIOSTOR"), std::string("viostor.inf"), added->names.inf}) {
    auto plan = plan_for(windows, name);
    ASSERT_TRUE(plan) << plan.error().describe();
    counts.push_back(plan->edits.size());
  }
  EXPECT_THAT(counts, Each(counts[0]));
  EXPECT_GT(counts[0], 10u);
}

TEST(DriverRemove, RefusesWhatCameWithWindowsOrIsntThere) {
  DRYDOCK_WINDOWS_DISK(windows);
  EXPECT_THAT(refusal(windows, "storahci"), HasSubstr("came with Windows"));
  EXPECT_THAT(refusal(windows, "no-such"), HasSubstr("no service and no package"));
  EXPECT_THAT(refusal(windows, "none.inf"), HasSubstr("is called none.inf"));
  EXPECT_THAT(refusal(windows, "oem77.inf"), HasSubstr("no package oem77.inf"));
}

TEST(DriverRemove, RefusesWhatTheDiskMayHangOnUnlessForced) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  auto added = add_to(windows, package);
  ASSERT_TRUE(added) << added.error().describe();
  windows.edit_hive(kSystem,
                    "[ControlSet001\\Enum\\PCI\\VEN_1AF4&DEV_1001\\3&1]\n"
                    "Service = sz \"viostor\"\n"
                    "ClassGUID = sz \"{4d36e97b-e325-11ce-bfc1-08002be10318}\"\n");
  EXPECT_THAT(refusal(windows, "viostor"), HasSubstr("0x7B"));
  auto plan = plan_for(windows, "viostor", {.force = true});
  ASSERT_TRUE(plan) << plan.error().describe();
  EXPECT_THAT(plan->notes, Contains(HasSubstr("0x7B")));
}

TEST(DriverRemove, LeavesAFileThatIsntThePackagesAnyMore) {
  DRYDOCK_PACKAGE(package, "viostor/2k22/amd64", "viostor.inf");
  DRYDOCK_WINDOWS_DISK(windows);
  auto added = add_to(windows, package);
  ASSERT_TRUE(added) << added.error().describe();
  windows.put(kDriver, bytes_of("another"));
  auto plan = plan_for(windows, "viostor");
  ASSERT_TRUE(plan) << plan.error().describe();
  EXPECT_THAT(plan->notes, Contains(HasSubstr("viostor.sys stays")));
  ASSERT_TRUE(carry_out(windows, *plan));
  EXPECT_EQ(as_text(windows.read(kDriver)), "another");
}

}  // namespace
}  // namespace drydock::driver
