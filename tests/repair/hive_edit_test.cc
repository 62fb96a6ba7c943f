#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "repair/hive/check.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/endian.h"

namespace drydock::hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr FileTime kSaved = 133486382450000000;  // 2024-01-02 03:04:05

SaveOptions at_fixed_time() {
  return {.clock = [] { return kSaved; }};
}

// What another program prints of a hive, line by line.
std::multiset<std::string> lines_by(const std::string& program, Bytes hive) {
  TempFolder folder;
  write_file(folder / "hive", hive);
  std::istringstream stream(run({program, folder / "hive"}).out);
  std::multiset<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

struct Difference {
  std::vector<std::string> gone;
  std::vector<std::string> come;
};

Difference difference(Bytes before, Bytes after) {
  auto a = lines_by("reglookup", before);
  auto b = lines_by("reglookup", after);
  Difference found;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(),
                      std::back_inserter(found.gone));
  std::set_difference(b.begin(), b.end(), a.begin(), a.end(),
                      std::back_inserter(found.come));
  return found;
}

// A hive of the corpus, opened; `bytes` as it was.
struct Patient {
  ByteVector bytes;
  Hive hive;
};

Result<Patient> admit(const std::filesystem::path& path) {
  ByteVector bytes = load_hive_file(path);
  auto hive = open_hive(bytes);
  if (!hive) return std::move(hive).error();
  return Patient{std::move(bytes), *std::move(hive)};
}

#define ADMIT(patient, file)                 \
  DRYDOCK_CORPUS_FILE(patient##_path, file); \
  auto patient = admit(patient##_path);      \
  ASSERT_TRUE(patient) << patient.error().describe()

TEST(HiveEditing, ChangesOneNumberAndNothingElse) {
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't installed";
  ADMIT(patient, "hives/regipy/SYSTEM.xz");
  auto key = patient->hive.find("ControlSet001\\services\\Disk");
  ASSERT_TRUE(key);
  ASSERT_TRUE(patient->hive.set(*key, Value::dword("start", 4)));
  auto saved = patient->hive.save(at_fixed_time());
  ASSERT_TRUE(saved) << saved.error().describe();

  auto [gone, come] = difference(patient->bytes, *saved);
  EXPECT_THAT(gone, UnorderedElementsAre(
                        "/ControlSet001/services/Disk,KEY,,2012-04-04 11:47:11",
                        "/ControlSet001/services/Disk/Start,DWORD,0x00000000,"));
  EXPECT_THAT(come, UnorderedElementsAre(
                        "/ControlSet001/services/Disk,KEY,,2024-01-02 03:04:05",
                        "/ControlSet001/services/Disk/Start,DWORD,0x00000004,"));
}

TEST(HiveEditing, AddsAKeyWithAllTypesOfValues) {
  ADMIT(patient, "hives/regipy/NTUSER.DAT.xz");
  Hive& hive = patient->hive;
  auto key = hive.create("Software\\Drydock\\Test_1");
  ASSERT_TRUE(key) << key.error().describe();
  std::vector<Value> values = {Value::sz("", "the default"),
                               Value::sz("text", "a\xC3\xA4\xE2\x82\xAC"),
                               Value::expand_sz("expand", "%x%"),
                               Value::multi_sz("multi", {"a", "b"}),
                               Value::dword("dword", 0x01020304),
                               Value::qword("qword", 1ull << 40),
                               Value::binary("none", {}),
                               Value::binary("\xC3\xA4", bytes_of("12345")),
                               Value::binary("big", ByteVector(16344))};
  ASSERT_TRUE(hive.set(*key, values));
  auto saved = hive.save(at_fixed_time());
  ASSERT_TRUE(saved) << saved.error().describe();

  TempFolder folder;
  write_file(folder / "hive", *saved);
  Content theirs = content_by_hivex(folder / "hive");
  auto reopened = open_hive(*saved);
  ASSERT_TRUE(reopened);
  EXPECT_TRUE(*content_by_us(*reopened) == theirs);
  ASSERT_TRUE(theirs.contains("Software\\Drydock\\Test_1"));
  const KeyContent& content = theirs["Software\\Drydock\\Test_1"];
  EXPECT_EQ(content.last_written, kSaved);
  ASSERT_EQ(content.values.size(), values.size());
  EXPECT_EQ(content.values[8], std::tuple("big", 3u, std::string(16344, '\0')));
}

TEST(HiveEditing, IsReadAlikeByRegfexportAndHivexget) {
  if (!have_program("regfexport")) GTEST_SKIP() << "regfexport isn't installed";
  ADMIT(patient, "bcd/regipy/BCD.xz");
  auto key = patient->hive.create("Objects\\{11111111-2222-3333-4444-555555555555}");
  ASSERT_TRUE(key) << key.error().describe();
  ASSERT_TRUE(patient->hive.set(*key, Value::sz("Element", "\\Windows\\x.efi")));
  auto saved = patient->hive.save(at_fixed_time());
  ASSERT_TRUE(saved) << saved.error().describe();

  TempFolder folder;
  write_file(folder / "hive", *saved);
  std::string exported = run({"regfexport", folder / "hive"}).out;
  EXPECT_THAT(exported, HasSubstr("\\Objects\\{11111111-2222-3333-4444-555555555555}\n"
                                  "Key: {11111111-2222-3333-4444-555555555555}\n"
                                  "Value: 0 Element\nType: string (REG_SZ)\n"
                                  "Data size: 30\nData: \\Windows\\x.efi\n"));
  EXPECT_EQ(run({"hivexget", folder / "hive",
                 "Objects\\{11111111-2222-3333-4444-555555555555}", "Element"})
                .out,
            "\\Windows\\x.efi\n");
}

TEST(HiveEditing, RemovesAKeyWithAllBelowIt) {
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't installed";
  ADMIT(patient, "bcd/regipy/BCD.xz");
  auto key = patient->hive.find("Description");
  ASSERT_TRUE(key);
  ASSERT_TRUE(patient->hive.remove(*key));
  EXPECT_FALSE(patient->hive.find("Description"));
  auto saved = patient->hive.save(at_fixed_time());
  ASSERT_TRUE(saved) << saved.error().describe();

  auto [gone, come] = difference(patient->bytes, *saved);
  EXPECT_THAT(come, ElementsAre("/,KEY,,2024-01-02 03:04:05"));
  ASSERT_EQ(gone.size(), 6u);
  EXPECT_EQ(std::count_if(gone.begin(), gone.end(),
                          [](auto& line) { return line.starts_with("/Description"); }),
            5);
}

TEST(HiveEditing, RemovesAValueAndKeepsTheOthers) {
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't installed";
  ADMIT(patient, "bcd/regipy/BCD.xz");
  auto key = patient->hive.find("Description");
  ASSERT_TRUE(key);
  ASSERT_TRUE(patient->hive.remove_value(*key, "SYSTEM"));
  auto again = patient->hive.remove_value(*key, "System");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Errc::not_found);
  auto saved = patient->hive.save(at_fixed_time());
  ASSERT_TRUE(saved) << saved.error().describe();

  auto [gone, come] = difference(patient->bytes, *saved);
  EXPECT_THAT(come, ElementsAre("/Description,KEY,,2024-01-02 03:04:05"));
  EXPECT_THAT(gone, ElementsAre("/Description,KEY,,2021-08-09 02:13:30",
                                "/Description/System,DWORD,0x00000001,"));
}

TEST(HiveEditing, LeavesACleanHeader) {
  ADMIT(patient, "bcd/regipy/BCD.xz");
  ASSERT_TRUE(patient->hive.create("New"));
  auto saved = patient->hive.save(at_fixed_time());
  ASSERT_TRUE(saved) << saved.error().describe();
  EXPECT_EQ(*load<le32>(patient->bytes, 4), 34u);
  EXPECT_EQ(*load<le32>(*saved, 4), 35u);
  EXPECT_EQ(*load<le32>(*saved, 8), 35u);
  EXPECT_EQ(*load<le64>(*saved, 12), kSaved);
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < 512; at += 4) sum ^= *load<le32>(*saved, at);
  EXPECT_EQ(sum, 0u);
  EXPECT_GE(saved->size(), patient->bytes.size());
}

TEST(HiveEditing, RaisesTheSequenceAsFarAsItIsTold) {
  ADMIT(patient, "bcd/regipy/BCD.xz");
  ASSERT_TRUE(patient->hive.create("New"));
  auto saved = patient->hive.save({.sequence_min = 1000});
  ASSERT_TRUE(saved) << saved.error().describe();
  EXPECT_EQ(*load<le32>(*saved, 4), 1000u);
  EXPECT_EQ(*load<le32>(*saved, 8), 1000u);
  EXPECT_TRUE(check(*saved).header.checksum_right);
}

TEST(HiveEditing, GivesOutWhatItReadWhereNothingChanged) {
  ADMIT(patient, "hives/yarp/SlackHive");
  Hive& hive = patient->hive;
  ASSERT_TRUE(hive.create("key_with_many_subkeys"));
  auto saved = hive.save();
  ASSERT_TRUE(saved);
  EXPECT_TRUE(*saved == patient->bytes);
}

TEST(HiveEditing, SettingWhatIsThereChangesNothing) {
  ADMIT(patient, "hives/regipy/SYSTEM.xz");
  auto key = patient->hive.find("Select");
  ASSERT_TRUE(key);
  ASSERT_TRUE(patient->hive.set(*key, Value::dword("current", 1)));
  auto saved = patient->hive.save();
  ASSERT_TRUE(saved);
  EXPECT_TRUE(*saved == patient->bytes);
}

TEST(HiveEditing, IsRefusedWhileLogsHoldWhatTheHiveLacks) {
  ADMIT(patient, "hives/yarp/NewDirtyHive1/NewDirtyHive");
  auto created = patient->hive.create("New");
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code(), Errc::busy);
  EXPECT_EQ(created.error().words(),
            "sequence numbers 3 and 2 differ, and its transaction logs, whose changes "
            "an edit would throw away, can't be applied: its logs aren't beside it");
  auto set = patient->hive.set(patient->hive.root(), Value::dword("x", 1));
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code(), Errc::busy);
}

// hivexsh 1.3.23 dies of its assertion on any edit of this key: an empty value in
// it names no cell.
TEST(HiveEditing, BearsAnEmptyValueAsWindows10WroteIt) {
  ADMIT(patient, "hives/yarp/System_Delta");
  Hive& hive = patient->hive;
  auto key = hive.find("ControlSet001\\Control\\Session Manager\\Memory Management");
  ASSERT_TRUE(key) << key.error().describe();
  ASSERT_TRUE(hive.set(*key, Value::dword("drydock", 1)));
  ASSERT_TRUE(hive.remove_value(*key, "ExistingPageFiles"));
  auto saved = hive.save();
  ASSERT_TRUE(saved) << saved.error().describe();
  EXPECT_EQ(check(*saved).odd_count, 0u);
}

TEST(HiveEditing, LeavesTheBytesOfOthersAlone) {
  ADMIT(patient, "bcd/regipy/BCD.xz");
  auto key = patient->hive.find("Description");
  ASSERT_TRUE(key);
  ASSERT_TRUE(patient->hive.set(*key, Value::dword("System", 2)));
  auto saved = patient->hive.save(at_fixed_time());
  ASSERT_TRUE(saved) << saved.error().describe();
  ASSERT_EQ(saved->size(), patient->bytes.size());
  std::size_t changed_count = 0;
  for (std::size_t i = 512; i < saved->size(); ++i) {
    changed_count += (*saved)[i] != patient->bytes[i];
  }
  EXPECT_LE(changed_count, 1u + 8u);  // the number's one byte, the key's time
}

TEST(HiveEditing, AddsBesideBigDataAndReplacesIt) {
  if (!have_program("regfexport")) GTEST_SKIP() << "regfexport isn't installed";
  ADMIT(patient, "hives/nt-hive/testhive");
  Hive& hive = patient->hive;
  auto key = hive.find("big-data-test");
  ASSERT_TRUE(key);
  ASSERT_TRUE(hive.set(*key, Value::binary("a", ByteVector(40000, std::byte{'a'}))));
  ASSERT_TRUE(hive.set(*key, Value::dword("C", 7)));
  ASSERT_TRUE(hive.remove_value(*key, "B"));
  auto saved = hive.save();
  ASSERT_TRUE(saved) << saved.error().describe();
  EXPECT_EQ(check(*saved).odd_count, 0u);

  TempFolder folder;
  write_file(folder / "hive", *saved);
  auto reopened = open_hive(*saved);
  ASSERT_TRUE(reopened);
  EXPECT_TRUE(*content_by_us(*reopened) == content_by_hivex(folder / "hive"));
  std::string exported = run({"regfexport", folder / "hive"}).out;
  EXPECT_THAT(exported, HasSubstr("Value: 0 A\nType: binary data (REG_BINARY)\n"
                                  "Data size: 40000\n"));
  EXPECT_THAT(exported, HasSubstr("\n00009c30: 61 61 61 61 61 61 61 61  61 61"));
}

TEST(HiveEditing, KeepsManySubkeysWhereWindowsLooksForThem) {
  ADMIT(patient, "hives/nt-hive/testhive");
  Hive& hive = patient->hive;
  for (const char* name :
       {"key_", "keya", "key5_5", "KEY55", "zz_z", "zzZz", "Aa", "a_", "\xC3\xA4",
        "Z\xC3\x9C", "z\xC3\xBC", "\xD0\xB0", "\xF0\x9F\x98\x80", "\xED\xA0\x80"}) {
    ASSERT_TRUE(hive.create(std::string("subkey-test\\") + name));
    EXPECT_TRUE(hive.find(std::string("subkey-test\\") + name));
  }
  auto saved = hive.save();
  ASSERT_TRUE(saved) << saved.error().describe();
  CheckReport report = check(*saved);
  EXPECT_EQ(report.odd_count + report.fatal_count, 0u);
}

TEST(HiveEditing, RefusesToRemoveTheRootAndBadNames) {
  ADMIT(patient, "bcd/regipy/BCD.xz");
  Hive& hive = patient->hive;
  auto removed = hive.remove(hive.root());
  auto created = hive.create(std::string(256, 'x'));
  ASSERT_FALSE(removed);
  ASSERT_FALSE(created);
  EXPECT_EQ(removed.error().code(), Errc::bad_argument);
  EXPECT_EQ(created.error().code(), Errc::bad_argument);
  EXPECT_TRUE(hive.create(std::string(255, 'x')));
}

}  // namespace
}  // namespace drydock::hive
