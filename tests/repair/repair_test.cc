// The whole way of a change, on an image file.

#include "repair/repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/bcd/names.h"
#include "repair/installation.h"
#include "repair/recipes/recipes.h"
#include "tests/repair/windows_disk.h"
#include "tests/support/run.h"

namespace drydock::repair {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::SizeIs;

constexpr char kSystem[] = "C:\\Windows\\System32\\config\\SYSTEM";
constexpr char kStore[] = "esp:\\EFI\\Microsoft\\Boot\\BCD";
constexpr char kBadDefault[] =
    "object {9dea862c-5cdd-4e70-acc1-f32b344d4795} 10100002\n"
    "23000003 = sz \"${absent}\"\n";

std::string hash_of(const std::filesystem::path& path) {
  return run({"sha256sum", path.string()}).out;
}

std::size_t journal_count(const std::filesystem::path& image) {
  auto entries = history(image);
  EXPECT_TRUE(entries) << entries.error().describe();
  return entries ? entries->size() : 0;
}

Result<RepairReport> repair_image(const std::filesystem::path& image,
                                  const RepairOptions& options) {
  TransactionOptions how;
  how.dry_run = options.dry_run;
  how.clock = [] { return images::kBuildTime; };
  auto transaction = Transaction::begin(image, how);
  if (!transaction) return std::move(transaction).error();
  return repair(**transaction, options);
}

TEST(Repair, HealthyDiskIsLeftAsItIs) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  std::string before = hash_of(image);
  auto report = repair_image(image, {});
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->state, RepairState::nothing_to_do);
  EXPECT_EQ(hash_of(image), before);
  EXPECT_EQ(journal_count(image), 0u);
}

TEST(Repair, FindingIsMendedAndTheDiskIsHealthyAfterwards) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, kBadDefault);
  std::filesystem::path image = windows.save();
  auto report = repair_image(image, {});
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->state, RepairState::repaired);
  EXPECT_EQ(report->before.verdict, Verdict::fault);
  EXPECT_EQ(report->after.verdict, Verdict::healthy);
  ASSERT_THAT(report->applied.outcomes, SizeIs(1));
  EXPECT_EQ(report->applied.outcomes[0].after, to_string(windows.ids().loader));
  EXPECT_TRUE(report->applied.journal);
  EXPECT_GT(report->applied.bytes_written, 0u);
}

TEST(Repair, MtoolsAndHivexSeeTheMendedDefault) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, kBadDefault);
  std::filesystem::path image = windows.save();
  ASSERT_TRUE(repair_image(image, {}));
  std::uint64_t offset = windows.layout().esp.offset;
  std::filesystem::path store = windows.folder() / "BCD";
  RunResult copied =
      run({"mcopy", "-n", "-i", image.string() + "@@" + std::to_string(offset),
           "::/EFI/Microsoft/Boot/BCD", store.string()});
  ASSERT_EQ(copied.exit_code, 0) << copied.err;
  EXPECT_EQ(hivexget(store,
                     "\\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\"
                     "23000003",
                     "Element"),
            to_string(windows.ids().loader));
}

TEST(Repair, SecondTimeThereIsNothingToDo) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, kBadDefault);
  std::filesystem::path image = windows.save();
  ASSERT_TRUE(repair_image(image, {}));
  std::string once = hash_of(image);
  EXPECT_EQ(repair_image(image, {})->state, RepairState::nothing_to_do);
  EXPECT_EQ(hash_of(image), once);
}

TEST(Repair, UndoGivesBackEveryByte) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, kBadDefault);
  std::filesystem::path image = windows.save();
  std::string before = hash_of(image);
  ASSERT_TRUE(repair_image(image, {}));
  EXPECT_NE(hash_of(image), before);
  ASSERT_TRUE(undo(image));
  EXPECT_EQ(hash_of(image), before);
}

TEST(Repair, DryRunPlansAndWritesNothing) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, kBadDefault);
  std::filesystem::path image = windows.save();
  std::string before = hash_of(image);
  auto report = repair_image(image, {.dry_run = true});
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->state, RepairState::planned);
  EXPECT_THAT(report->applied.outcomes, SizeIs(1));
  EXPECT_FALSE(report->applied.journal);
  EXPECT_EQ(report->after.verdict, Verdict::healthy);
  EXPECT_EQ(hash_of(image), before);
  EXPECT_EQ(journal_count(image), 0u);
}

TEST(Repair, WhatCantBeMendedIsLeftWithANote) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kStore, kBadDefault);
  windows.edit_hive(kStore, "object ${loader} 10200003\n22000002 = sz \"\\Other\"\n");
  std::filesystem::path image = windows.save();
  std::string before = hash_of(image);
  auto report = repair_image(image, {});
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->state, RepairState::partial);
  EXPECT_THAT(report->applied.notes, Contains(HasSubstr("isn't mended")));
  EXPECT_EQ(report->after.verdict, Verdict::fault);
  EXPECT_EQ(hash_of(image), before);
}

TEST(Repair, NamedRecipeIsUsedWithItsSetting) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  auto report = repair_image(
      image, {.recipes = {&driver_disable()}, .settings = {{"driver", "FileCrypt"}}});
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->state, RepairState::repaired);
  EXPECT_EQ(report->applied.outcomes.at(0).after, "REG_DWORD 4");
}

TEST(Repair, SettingsAreChecked) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  auto missing = repair_image(image, {.recipes = {&driver_disable()}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::bad_argument);
  EXPECT_THAT(missing.error().words(), HasSubstr("--set driver="));
  auto unknown = repair_image(image, {.recipes = {&driver_disable()},
                                      .settings = {{"driver", "Beep"}, {"x", "1"}}});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Errc::bad_argument);
}

TEST(Repair, NamedRecipeThatCantLookIsAnError) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  auto report = repair_image(
      image, {.recipes = {&driver_disable()}, .settings = {{"driver", "nothere"}}});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), Errc::not_found);
  EXPECT_THAT(report.error().describe(), HasSubstr("driver.disable"));
}

TEST(Repair, RecipeThatSawNothingSaysSo) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.put(kStore, windows.read_damaged(kStore));
  std::filesystem::path image = windows.save();
  auto report = repair_image(image, {});
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_EQ(report->state, RepairState::nothing_to_do);
  EXPECT_EQ(report->after.verdict, Verdict::could_not_tell);
  EXPECT_THAT(report->applied.notes,
              Contains(HasSubstr("bcd.default-missing couldn't look")));
}

TEST(Repair, OneOfTwoInstallationsHasToBeChosen) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open_writable();
  auto volume = *disk->volume(3);
  ASSERT_TRUE(volume->create_directory("\\Old"));
  ASSERT_TRUE(volume->create_directory("\\Old\\System32"));
  ASSERT_TRUE(volume->create_directory("\\Old\\System32\\config"));
  ASSERT_TRUE(volume->put("\\Old\\System32\\config\\SYSTEM", windows.read(kSystem)));
  ASSERT_TRUE(disk->flush());
  std::filesystem::path image = windows.save();
  RepairOptions options{.recipes = {&driver_disable()},
                        .settings = {{"driver", "Beep"}}};
  auto unchosen = repair_image(image, options);
  ASSERT_FALSE(unchosen);
  EXPECT_EQ(unchosen.error().code(), Errc::bad_argument);
  EXPECT_THAT(unchosen.error().words(),
              AllOf(HasSubstr("0 is 3:\\Windows"), HasSubstr("1 is 3:\\Old")));
  options.installation = 1;
  auto chosen = repair_image(image, options);
  ASSERT_TRUE(chosen) << chosen.error().describe();
  EXPECT_THAT(chosen->applied.outcomes.at(0).where, HasSubstr("\\Old\\System32"));
}

// ---- cures that are none

// Finds Beep enabled, and plans whatever it is told to.
class Quack final : public Recipe {
 public:
  explicit Quack(Plan cure) : cure_(std::move(cure)) {}
  std::string_view id() const override { return "test.quack"; }
  std::string_view summary() const override { return "finds Beep enabled"; }
  std::string_view reads() const override { return "SYSTEM"; }
  std::string_view writes() const override { return "what it is told to"; }
  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const hive::Hive* system = *subject.windows->system();
    auto key = system->find("ControlSet001\\Services\\Beep");
    if (system->value(*key, "Start")->number() == 4) return Findings{};
    Finding finding;
    finding.recipe = id();
    finding.what = "Beep is enabled";
    return Findings{std::move(finding)};
  }
  Done mend(const Subject&, const Finding&, const Settings&,
            Plan& plan) const override {
    plan = cure_;
    return {};
  }

 private:
  Plan cure_;
};

Edit set_start(const char* service) {
  return {RegistrySet{.hive = {3, "\\Windows\\System32\\config\\SYSTEM"},
                      .key = std::string("ControlSet001\\Services\\") + service,
                      .value = hive::Value::dword("Start", 4)},
          "a test"};
}

TEST(Repair, CureThatDoesntHelpIsntCommitted) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  std::string before = hash_of(image);
  Quack quack({.edits = {set_start("Null")}, .notes = {}});
  auto report = repair_image(image, {.recipes = {&quack}});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), Errc::corrupt);
  EXPECT_THAT(report.error().words(), HasSubstr("didn't help"));
  EXPECT_EQ(hash_of(image), before);
}

TEST(Repair, CureThatBreaksSomethingElseIsntCommitted) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  std::string before = hash_of(image);
  Edit wound{BcdSet{.store = {1, "\\EFI\\Microsoft\\Boot\\BCD"},
                    .object = bcd::kBootManager,
                    .element = bcd::element::default_object,
                    .value = windows.ids().absent},
             "a test"};
  Quack quack({.edits = {set_start("Beep"), wound}, .notes = {}});
  auto report = repair_image(image, {.recipes = {&quack}});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().words(), HasSubstr("would break something"));
  EXPECT_EQ(hash_of(image), before);
}

TEST(Repair, CureThatHidesSomethingIsntCommitted) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  std::string before = hash_of(image);
  Edit wound{FilePut{.file = {1, "\\EFI\\Microsoft\\Boot\\BCD"},
                     .content = windows.read_damaged(kStore)},
             "a test"};
  Quack quack({.edits = {set_start("Beep"), wound}, .notes = {}});
  auto report = repair_image(image, {.recipes = {&quack}});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().words(), HasSubstr("can't be examined any more"));
  EXPECT_EQ(hash_of(image), before);
}

// ---- plans of other verbs

Plan safe_boot(const WindowsDisk& windows) {
  return {.edits = {{BcdSet{.store = {1, "\\EFI\\Microsoft\\Boot\\BCD"},
                            .object = windows.ids().loader,
                            .element = bcd::element::safe_boot,
                            .value = std::uint64_t{0}},
                     "asked for"}},
          .notes = {"a note"}};
}

TEST(ApplyPlan, CommitsWhatThePlanSays) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  {
    auto transaction = *Transaction::begin(image);
    auto applied = apply_plan(*transaction, safe_boot(windows), "bcdedit /set");
    ASSERT_TRUE(applied) << applied.error().describe();
    EXPECT_TRUE(applied->journal);
    EXPECT_THAT(applied->notes, Contains("a note"));
  }
  auto entries = history(image);
  ASSERT_TRUE(entries);
  ASSERT_THAT(*entries, SizeIs(1));
  EXPECT_THAT(entries->at(0).head.description,
              AllOf(HasSubstr("\"what\":\"bcdedit /set\""), HasSubstr("Minimal")));
}

TEST(ApplyPlan, PlanThatChangesNothingLeavesNoJournal) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  {
    auto transaction = *Transaction::begin(image);
    Plan plan{.edits = {{RegistrySet{.hive = {3, "\\Windows\\System32\\config\\SYSTEM"},
                                     .key = "Select",
                                     .value = hive::Value::dword("Current", 1)},
                         "asked for"}},
              .notes = {}};
    auto applied = apply_plan(*transaction, plan, "reg add");
    ASSERT_TRUE(applied) << applied.error().describe();
    EXPECT_FALSE(applied->journal);
    EXPECT_EQ(applied->bytes_written, 0u);
  }
  EXPECT_EQ(journal_count(image), 0u);
}

TEST(ApplyPlan, WhatIsntProvenIsntCommitted) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path image = windows.save();
  std::string before = hash_of(image);
  {
    auto transaction = *Transaction::begin(image);
    auto refuse = [](const Disk&) -> Done { return Error(Errc::corrupt, "not so"); };
    auto applied = apply_plan(*transaction, safe_boot(windows), "bcdedit /set",
                              {.dry_run = false, .prove = refuse});
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().words(), "not so");
  }
  EXPECT_EQ(hash_of(image), before);
  EXPECT_EQ(journal_count(image), 0u);
}

}  // namespace
}  // namespace drydock::repair
