// The recipe bcd.rebuild: what counts as no store, and what the new one holds.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/work_folder.h"
#include "repair/bcd/names.h"
#include "repair/recipes/boot_objects.h"
#include "repair/recipes/recipes.h"
#include "tests/repair/bcd_fixture.h"
#include "tests/repair/hive_support.h"
#include "tests/repair/recipe_support.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "vhd/base/endian.h"

namespace drydock::repair {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kStore[] = "esp:\\EFI\\Microsoft\\Boot\\BCD";
constexpr char kTemplate[] = "C:\\Windows\\System32\\config\\BCD-Template";
constexpr char kDefault[] =
    "\\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements";

void remove(WindowsDisk& windows, const std::string& path) {
  auto disk = windows.open_writable();
  auto place = disk->resolve(path);
  ASSERT_TRUE(place);
  ASSERT_TRUE((*disk->volume(place->partition))->remove(place->path));
  ASSERT_TRUE(disk->flush());
}

bool is_there(const WindowsDisk& windows, const std::string& path) {
  auto disk = windows.open();
  auto place = disk->resolve(path);
  return static_cast<bool>((*disk->volume(place->partition))->find(place->path));
}

std::string what(const WindowsDisk& windows) {
  auto findings = examine(windows, bcd_rebuild());
  if (!findings) return "no answer: " + findings.error().describe();
  return findings->empty() ? "" : findings->at(0).what;
}

// The store without one, as a file of the host.
std::filesystem::path rebuilt(WindowsDisk& windows) {
  remove(windows, kStore);
  carry_out(windows, *mend(windows, bcd_rebuild()));
  std::filesystem::path file = windows.folder() / "rebuilt";
  EXPECT_TRUE(harness::write_host_file(file, windows.read(kStore)));
  return file;
}

// The elements of each object whose type isn't a firmware's, by what the object is.
using Shape = std::map<std::string, std::set<std::string>>;
Shape shape_of(Result<hive::Hive> hive) {
  Shape shape;
  auto store = bcd::Store::open(*hive);
  auto objects = store->objects();
  for (const bcd::Object& object : *objects) {
    if (object.type == 0x101fffff || object.type == bcd::kFirmwareBootManagerType) {
      continue;
    }
    auto alias = bcd::alias_of(object.id);
    const auto* name = value_of<std::string>(object, bcd::element::description);
    bool recovery = name != nullptr && *name == "Windows Recovery Environment";
    std::string key = alias      ? std::string(*alias)
                      : recovery ? "recovery"
                                 : std::to_string(object.type);
    for (const bcd::Element& element : object.elements) {
      shape[key].insert(fmt::format("{:08x}", element.id));
    }
  }
  return shape;
}

TEST(BcdRebuild, HealthyDiskHasNoFinding) {
  DRYDOCK_WINDOWS_DISK(windows);
  EXPECT_EQ(what(windows), "");
}

TEST(BcdRebuild, WhatIsNoStoreIsFound) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.put(kStore, {});
  EXPECT_EQ(what(windows), "the boot store is empty");
  windows.put(kStore, ByteVector(8192));
  EXPECT_EQ(what(windows), "the boot store holds zeros alone");
  windows.put(kStore, ByteVector(8192, std::byte{'x'}));
  EXPECT_EQ(what(windows), "the boot store is no hive");
  windows.put(kStore, windows.read("C:\\Windows\\System32\\config\\SAM"));
  EXPECT_EQ(what(windows), "the boot store is a hive, and no boot store");
  remove(windows, kStore);
  EXPECT_EQ(what(windows), "the boot store is missing");
}

TEST(BcdRebuild, DamagedHiveIsNotCalledEmpty) {
  DRYDOCK_WINDOWS_DISK(windows);
  ByteVector bytes = windows.read_damaged(kStore);
  windows.put(kStore, bytes);
  EXPECT_THAT(what(windows), HasSubstr("no answer: "));
  std::fill_n(bytes.begin(), 4096, std::byte{0});  // and now without its header
  windows.put(kStore, bytes);
  EXPECT_THAT(what(windows), HasSubstr("no answer: "));
  bytes = windows.read("C:\\Windows\\System32\\config\\SAM");
  std::fill(bytes.begin() + 4096, bytes.end(), std::byte{0});  // or only with it
  windows.put(kStore, bytes);
  EXPECT_THAT(what(windows), HasSubstr("no answer: "));
}

TEST(BcdRebuild, StoreIsReadByOthers) {
  DRYDOCK_WINDOWS_DISK(windows);
  std::filesystem::path file = rebuilt(windows);
  EXPECT_EQ(what(windows), "");
  std::string loader = hivexget(file, std::string(kDefault) + "\\23000003", "Element");
  std::string elements = "\\Objects\\" + loader + "\\Elements";
  EXPECT_EQ(hivexget(file, elements + "\\12000002", "Element"),
            "\\Windows\\system32\\winload.efi");
  if (have_program("hivexregedit")) {
    RunResult exported = run({"hivexregedit", "--export", file, "\\"});
    EXPECT_EQ(exported.exit_code, 0) << exported.err;
    EXPECT_THAT(exported.out, HasSubstr("23000003"));
  }
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  auto values = bcd::values_by_reglookup(file);
  EXPECT_EQ(values.at("/Objects/" + loader + "/Elements/22000002/Element"),
            "SZ,\\Windows");
  EXPECT_EQ(run({"reglookup", file}).err, "");
}

TEST(BcdRebuild, StoreHasTheElementsThatAPublicOneHas) {
  DRYDOCK_WINDOWS_DISK(windows);
  DRYDOCK_CORPUS_FILE(file, "bcd/regipy/BCD.xz");
  ByteVector bytes = hive::load_hive_file(file);
  if (bytes.empty()) GTEST_SKIP() << "xz is missing";
  std::filesystem::path made = rebuilt(windows);
  EXPECT_EQ(shape_of(hive::open_hive(hive::load_hive_file(made))),
            shape_of(hive::open_hive(bytes)));
}

// The harness' text of a store, and what reglookup reads of both, are another's work.
TEST(BcdRebuild, DevicesAreThoseOfTheStoreThatWasThere) {
  DRYDOCK_WINDOWS_DISK(windows);
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  auto devices = [&](const std::filesystem::path& file) {
    std::multiset<std::string> all;
    for (const auto& [path, value] : bcd::values_by_reglookup(file)) {
      if (path.find("/Elements/11") != std::string::npos ||
          path.find("/Elements/21") != std::string::npos ||
          path.find("/Elements/31") != std::string::npos) {
        // Without the ids of options objects, which stand in the first 16 bytes.
        all.insert(bcd::unescaped(value).substr(16));
      }
    }
    return all;
  };
  std::filesystem::path before = windows.folder() / "before";
  ASSERT_TRUE(harness::write_host_file(before, windows.read(kStore)));
  EXPECT_EQ(devices(rebuilt(windows)), devices(before));
}

TEST(BcdRebuild, SameDiskGetsTheSameStore) {
  DRYDOCK_WINDOWS_DISK(windows);
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  auto first = bcd::values_by_reglookup(rebuilt(windows));
  EXPECT_EQ(bcd::values_by_reglookup(rebuilt(windows)), first);
}

TEST(BcdRebuild, WithoutARecoveryEnvironmentTheStoreStartsNone) {
  DRYDOCK_WINDOWS_DISK(windows);
  remove(windows, "4:\\Recovery\\WindowsRE\\boot.sdi");
  auto shape = shape_of(hive::open_hive(hive::load_hive_file(rebuilt(windows))));
  EXPECT_FALSE(shape.contains("recovery"));
  EXPECT_THAT(shape.at(std::to_string(bcd::kOsLoader)), Not(Contains("14000008")));
}

TEST(BcdRebuild, TemplateSaysHowWindowsIsStarted) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.edit_hive(kTemplate, R"text(
object {b012b84d-c47c-4ed5-b722-c0c42163e569} 10200003
12000005 = sz "de-DE"
25000020 = integer 3
object {313e8eed-7098-4586-a9bf-309c61f8d449} 20200003
16000049 = boolean 1
)text");
  auto hive = hive::open_hive(hive::load_hive_file(rebuilt(windows)));
  auto store = bcd::Store::open(*hive);
  bcd::ObjectId loader = *store->resolve("{default}");
  EXPECT_EQ(std::get<std::uint64_t>(*store->get(loader, 0x25000020)), 3u);
  EXPECT_EQ(std::get<std::string>(*store->get(loader, 0x12000005)), "de-DE");
  EXPECT_EQ(std::get<std::string>(*store->get(loader, 0x22000002)), "\\Windows");
  EXPECT_FALSE(store->get(loader, 0x42000002));
  EXPECT_TRUE(store->object("313e8eed-7098-4586-a9bf-309c61f8d449"_guid));
  EXPECT_FALSE(store->object("b012b84d-c47c-4ed5-b722-c0c42163e569"_guid));
}

TEST(BcdRebuild, TemplateAndOurOwnTableGiveTheSameStore) {
  DRYDOCK_WINDOWS_DISK(windows);
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  auto with = bcd::values_by_reglookup(rebuilt(windows));
  remove(windows, kTemplate);
  EXPECT_EQ(bcd::values_by_reglookup(rebuilt(windows)), with);
}

TEST(BcdRebuild, TemplateThatIsNoneIsOfNoUse) {
  DRYDOCK_WINDOWS_DISK(windows);
  windows.put(kTemplate, windows.read_damaged(kTemplate));
  remove(windows, kStore);
  auto plan = mend(windows, bcd_rebuild());
  ASSERT_TRUE(plan) << plan.error().describe();
  EXPECT_THAT(plan->notes, Contains(HasSubstr("BCD-Template is of no use")));
}

TEST(BcdRebuild, StoreGetsANumberAboveThoseOfLogsThatStay) {
  DRYDOCK_WINDOWS_DISK(windows);
  ByteVector log(1024);
  ASSERT_TRUE(store(log, 0, le32(0x66676572)));
  ASSERT_TRUE(store(log, 4, le32(700)));
  ASSERT_TRUE(store(log, 8, le32(700)));
  windows.put(std::string(kStore) + ".LOG1", log);
  ByteVector made = *harness::read_host_file(rebuilt(windows));
  EXPECT_GT(*load<le32>(made, 4), 700u);
}

TEST(BcdRebuild, BootManagerThatIsNoProgramIsReplacedAndOthersStay) {
  DRYDOCK_WINDOWS_DISK(windows);
  constexpr char kManager[] = "esp:\\EFI\\Microsoft\\Boot\\bootmgfw.efi";
  constexpr char kTester[] = "esp:\\EFI\\Microsoft\\Boot\\memtest.efi";
  windows.put(kManager, ByteVector(10));
  windows.put(kTester, ByteVector(3, std::byte{'m'}));
  EXPECT_THAT(what(windows), HasSubstr("bootmgfw.efi is no program"));
  carry_out(windows, *mend(windows, bcd_rebuild()));
  EXPECT_EQ(windows.read(kManager),
            windows.read("C:\\Windows\\Boot\\EFI\\bootmgfw.efi"));
  EXPECT_THAT(windows.read(kTester), SizeIs(3));
}

TEST(BcdRebuild, FallbackIsNamedByItsMachine) {
  DRYDOCK_WINDOWS_DISK(windows);
  constexpr char kKept[] = "C:\\Windows\\Boot\\EFI\\bootmgfw.efi";
  ByteVector manager = windows.read(kKept);
  ASSERT_TRUE(store(manager, *load<le32>(manager, 0x3c) + 4, le16(0xaa64)));
  windows.put(kKept, manager);
  remove(windows, "esp:\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
  carry_out(windows, *mend(windows, bcd_rebuild()));
  EXPECT_TRUE(is_there(windows, "esp:\\EFI\\Boot\\bootaa64.efi"));
}

TEST(BcdRebuild, WithoutRoomTheBootManagerAloneIsCopied) {
  DRYDOCK_WINDOWS_DISK(windows);
  remove(windows, "esp:\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
  windows.put("C:\\Windows\\Boot\\Fonts\\large.ttf", ByteVector(8 << 20));
  windows.put("esp:\\full", ByteVector(27 << 20));
  auto plan = mend(windows, bcd_rebuild());
  ASSERT_TRUE(plan) << plan.error().describe();
  EXPECT_THAT(plan->notes, Contains(HasSubstr("no room")));
  carry_out(windows, *plan);
  EXPECT_TRUE(is_there(windows, "esp:\\EFI\\Microsoft\\Boot\\bootmgfw.efi"));
  EXPECT_FALSE(is_there(windows, "esp:\\EFI\\Microsoft\\Boot\\Fonts\\large.ttf"));
}

TEST(BcdRebuild, SystemPartitionThatWasFormattedIsFilled) {
  DRYDOCK_WINDOWS_DISK(windows);
  auto disk = windows.open_writable();
  ASSERT_TRUE((*disk->volume(1))->rename("\\EFI", "\\gone"));
  ASSERT_TRUE(disk->flush());
  EXPECT_THAT(what(windows), HasSubstr("the boot store is missing, and"));
  carry_out(windows, *mend(windows, bcd_rebuild()));
  EXPECT_EQ(what(windows), "");
  EXPECT_TRUE(is_there(windows, "esp:\\EFI\\Boot\\bootx64.efi"));
  EXPECT_TRUE(is_there(windows, "esp:\\EFI\\Microsoft\\Boot\\memtest.efi"));
}

TEST(BcdRebuild, WithoutALoaderNoStoreIsMade) {
  DRYDOCK_WINDOWS_DISK(windows);
  remove(windows, kStore);
  remove(windows, "C:\\Windows\\System32\\winload.efi");
  auto plan = mend(windows, bcd_rebuild());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code(), Errc::unsupported);
  EXPECT_THAT(plan.error().describe(), HasSubstr("winload.efi"));
}

}  // namespace
}  // namespace drydock::repair
