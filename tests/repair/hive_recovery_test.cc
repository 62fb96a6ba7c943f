// Hives of public test sets, recovered from their logs: beside what Windows made
// of two of them, and each other with the verdict that it must get.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "repair/hive/cells.h"
#include "repair/hive/check.h"
#include "repair/hive/hive.h"
#include "repair/hive/recovery.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"
#include "vhd/base/endian.h"

namespace drydock::hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// Of the corpus: a hive, and its logs.
struct Set {
  std::string name;
  std::string hive;
  std::vector<std::string> logs;
};

const Set kNewDirtyHive{"NewDirtyHive1",
                        "hives/yarp/NewDirtyHive1/NewDirtyHive",
                        {"hives/yarp/NewDirtyHive1/NewDirtyHive.LOG1",
                         "hives/yarp/NewDirtyHive1/NewDirtyHive.LOG2"}};
const Set kOldDirtyHive{"OldDirtyHive",
                        "hives/yarp/OldDirtyHive/OldDirtyHive",
                        {"hives/yarp/OldDirtyHive/OldDirtyHive.LOG1",
                         "hives/yarp/OldDirtyHive/OldDirtyHive.LOG2"}};

bool is_here(const Set& set) {
  bool here = corpus_file(set.hive).has_value();
  for (const std::string& log : set.logs) here = here && corpus_file(log).has_value();
  return here;
}

ByteVector load(const std::string& name) { return load_hive_file(*corpus_file(name)); }

std::vector<LogFile> load_logs(const Set& set) {
  std::vector<LogFile> logs;
  for (const std::string& name : set.logs) {
    std::string shown = name.substr(name.rfind('/') + 1);
    if (shown.ends_with(".xz")) shown.resize(shown.size() - 3);
    ByteVector bytes;
    // What is empty is no failure to unpack.
    if (std::filesystem::file_size(*corpus_file(name)) != 0) bytes = load(name);
    logs.push_back({.name = shown, .bytes = std::move(bytes)});
  }
  return logs;
}

Recovery recover_set(const Set& set) { return recover(load(set.hive), load_logs(set)); }

#define DRYDOCK_SET(set) \
  if (!is_here(set)) GTEST_SKIP() << "the corpus isn't here: " << (set).hive

// Where two files differ, as [first, last].
std::vector<std::pair<std::size_t, std::size_t>> differences(Bytes a, Bytes b) {
  std::vector<std::pair<std::size_t, std::size_t>> runs;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] == b[i]) continue;
    if (!runs.empty() && runs.back().second + 1 == i) {
      runs.back().second = i;
    } else {
      runs.emplace_back(i, i);
    }
  }
  return runs;
}

// ---- Windows' own results

TEST(HiveRecovery, NewLogsGiveWindows10sResultByteForByte) {
  DRYDOCK_SET(kNewDirtyHive);
  Recovery ours = recover_set(kNewDirtyHive);
  ASSERT_EQ(ours.report.state, RecoveryState::recovered) << ours.report.reason;
  // The sequence numbers of the header, too.
  EXPECT_TRUE(ours.file == load("hives/yarp/NewDirtyHive1/RecoveredHive_Windows10"));
  ASSERT_THAT(ours.report.applied, SizeIs(2));
  EXPECT_EQ(ours.report.applied[0].name, "NewDirtyHive.LOG1");
  EXPECT_EQ(ours.report.applied[0].first_sequence, 2u);
  EXPECT_EQ(ours.report.applied[0].last_sequence, 2u);
  EXPECT_EQ(ours.report.applied[1].name, "NewDirtyHive.LOG2");
  EXPECT_EQ(ours.report.applied[1].first_sequence, 3u);
  EXPECT_EQ(ours.report.applied[1].last_sequence, 5u);
  EXPECT_EQ(ours.report.sequence, 6u);
  EXPECT_EQ(describe(ours.report),
            "sequence numbers 3 and 2 differ: replayed 4 entries (4 pages) from "
            "NewDirtyHive.LOG1 and NewDirtyHive.LOG2");
}

TEST(HiveRecovery, NewLogsMayComeInAnyOrder) {
  DRYDOCK_SET(kNewDirtyHive);
  std::vector<LogFile> logs = load_logs(kNewDirtyHive);
  std::reverse(logs.begin(), logs.end());
  Recovery ours = recover(load(kNewDirtyHive.hive), logs);
  EXPECT_TRUE(ours.file == load("hives/yarp/NewDirtyHive1/RecoveredHive_Windows10"));
}

TEST(HiveRecovery, OldLogGivesWindows7sKeysAndValues) {
  DRYDOCK_SET(kOldDirtyHive);
  Recovery ours = recover_set(kOldDirtyHive);
  ASSERT_EQ(ours.report.state, RecoveryState::recovered) << ours.report.reason;
  auto our_hive = open_hive(ours.file);
  auto windows = open_hive(load("hives/yarp/OldDirtyHive/RecoveredHive_Windows7"));
  ASSERT_TRUE(our_hive && windows);
  auto our_content = content_by_us(*our_hive);
  ASSERT_TRUE(our_content);
  EXPECT_EQ(our_content->size(), 5003u);
  EXPECT_TRUE(*our_content == *content_by_us(*windows));
}

TEST(HiveRecovery, OldLogDiffersFromWindows7sBinsOnlyInWhatWindowsWroteLater) {
  DRYDOCK_SET(kOldDirtyHive);
  Recovery ours = recover_set(kOldDirtyHive);
  ByteVector windows = load("hives/yarp/OldDirtyHive/RecoveredHive_Windows7");
  ASSERT_EQ(ours.file.size(), windows.size());
  using testing::Pair;
  EXPECT_THAT(
      differences(Bytes(ours.file).subspan(kBaseBlockSize),
                  Bytes(windows).subspan(kBaseBlockSize)),
      ElementsAre(
          // The first bin's time, five bytes of eight: Windows wrote the hive once
          // more when it unloaded it, 17 minutes after the log was written.
          Pair(0x14, 0x18),
          // Of the key "4500": the size of its longest value name.  The log says 24,
          // of a name of 12 letters; the one value that it has is called "v".
          // Windows 7 counted anew when it checked the recovered hive.
          Pair(0x6adc8, 0x6adc8)));
  // That write is why Windows' numbers are 7, and ours 6; the names in the two
  // headers are of the paths from which they were loaded.
  BaseBlock base = *drydock::load<BaseBlock>(ours.file);
  EXPECT_EQ(base.sequence1, 6u);
  EXPECT_EQ(base.sequence2, 6u);
  EXPECT_EQ(base.checksum, checksum(base));
  EXPECT_EQ(drydock::load<BaseBlock>(windows)->sequence1, 7u);
}

// What another reader prints of a recovered hive and of Windows' own.
void expect_same_print(const Set& set, const std::string& windows,
                       const std::vector<std::string>& command) {
  TempFolder folder;
  write_file(folder / "recovered", recover_set(set).file);
  std::vector<std::string> ours = command;
  ours.push_back(folder / "recovered");
  std::vector<std::string> theirs = command;
  theirs.push_back(*corpus_file(windows));
  std::string printed = run(ours).out;
  EXPECT_GT(printed.size(), 100u);
  EXPECT_TRUE(printed == run(theirs).out) << command[0];
}

TEST(HiveRecovery, ReglookupPrintsOfOursWhatItPrintsOfWindows) {
  DRYDOCK_SET(kNewDirtyHive);
  DRYDOCK_SET(kOldDirtyHive);
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't here";
  expect_same_print(kNewDirtyHive, "hives/yarp/NewDirtyHive1/RecoveredHive_Windows10",
                    {"reglookup"});
  expect_same_print(kOldDirtyHive, "hives/yarp/OldDirtyHive/RecoveredHive_Windows7",
                    {"reglookup"});
}

TEST(HiveRecovery, RegfexportPrintsOfOursWhatItPrintsOfWindows) {
  DRYDOCK_SET(kNewDirtyHive);
  DRYDOCK_SET(kOldDirtyHive);
  if (!have_program("regfexport")) GTEST_SKIP() << "regfexport isn't here";
  expect_same_print(kNewDirtyHive, "hives/yarp/NewDirtyHive1/RecoveredHive_Windows10",
                    {"regfexport"});
  expect_same_print(kOldDirtyHive, "hives/yarp/OldDirtyHive/RecoveredHive_Windows7",
                    {"regfexport"});
}

// ---- Every other set: the verdict that it must get

struct Verdict {
  Set set;
  RecoveryState state;
  std::uint64_t entry_count;
  std::uint64_t page_count;
  std::string words;  // a part of what is said
};

void PrintTo(const Verdict& verdict, std::ostream* out) { *out << verdict.set.name; }

class HiveVerdicts : public testing::TestWithParam<Verdict> {};

TEST_P(HiveVerdicts, AreAsStated) {
  const Verdict& stated = GetParam();
  DRYDOCK_SET(stated.set);
  ByteVector file = load(stated.set.hive);
  Recovery got = recover(file, load_logs(stated.set));
  EXPECT_EQ(to_string(got.report.state), to_string(stated.state)) << got.report.reason;
  EXPECT_EQ(got.report.entry_count(), stated.entry_count);
  EXPECT_EQ(got.report.page_count(), stated.page_count);
  EXPECT_THAT(describe(got.report) + " " + testing::PrintToString(got.report.unused),
              HasSubstr(stated.words));
  if (stated.state != RecoveryState::recovered) {
    EXPECT_TRUE(got.file == file);
    return;
  }
  EXPECT_FALSE(read_header_facts(got.file).dirty());
  // hivex, which knows no logs, reads in it what we do.
  TempFolder folder;
  write_file(folder / "recovered", got.file);
  auto ours = open_hive(got.file);
  ASSERT_TRUE(ours);
  EXPECT_TRUE(*content_by_us(*ours) == content_by_hivex(folder / "recovered"));
  // Once recovered it is clean, and the same logs aren't applied again.
  Recovery again = recover(got.file, load_logs(stated.set));
  EXPECT_EQ(again.report.state, RecoveryState::clean);
  EXPECT_TRUE(again.file == got.file);
}

Set yarp(const std::string& folder, const std::string& hive) {
  std::string path = "hives/yarp/" + folder + "/" + hive;
  return {folder, path, {path + ".LOG1", path + ".LOG2"}};
}

Set alone(const std::string& path) { return {path, path, {}}; }

const Verdict kVerdicts[] = {
    // A header of a wrong version and checksum; the log's copy stands for it.
    {yarp("BadBaseBlockHive", "BadBaseBlockHive"), RecoveryState::recovered, 1, 64,
     "its header's checksum is wrong: replayed 1 entry"},
    {yarp("BadLogHive1", "BadLogHive"), RecoveryState::not_recoverable, 0, 0,
     "BadLogHive.LOG1: the checksum of its header is wrong"},
    {yarp("BadLogHive2", "BadLogHive"), RecoveryState::not_recoverable, 0, 0,
     "it holds no list of dirty pages (BadLogHive.LOG1)"},
    // Behind the old log's pages lies a rest of a larger one.
    {{"OldLogWithRemnantData",
      "hives/yarp/OldDirtyHive/OldDirtyHive",
      {"hives/yarp/OldLogWithRemnantData"}},
     RecoveryState::recovered,
     1,
     64,
     "from OldLogWithRemnantData"},
    // Grows by 144 KiB; LOG2 is left from before.
    {{"transactions_NTUSER",
      "hives/regipy/transactions_NTUSER.DAT.xz",
      {"hives/regipy/transactions_ntuser.dat.log1.xz",
       "hives/regipy/transactions_ntuser.dat.log2.xz"}},
     RecoveryState::recovered,
     23,
     132,
     "transactions_ntuser.dat.log2: it begins with entry 562, before the hive's 566"},
    // Clean, with a log that must not be applied.
    {{"plaso NTUSER", "hives/plaso/NTUSER.DAT", {"hives/plaso/ntuser.dat.LOG"}},
     RecoveryState::clean,
     0,
     0,
     ""},
    {{"recovered by Windows 10",
      "hives/yarp/NewDirtyHive1/RecoveredHive_Windows10",
      {"hives/yarp/NewDirtyHive1/NewDirtyHive.LOG1",
       "hives/yarp/NewDirtyHive1/NewDirtyHive.LOG2"}},
     RecoveryState::clean,
     0,
     0,
     ""},
    {{"recovered by Windows 7",
      "hives/yarp/OldDirtyHive/RecoveredHive_Windows7",
      {"hives/yarp/OldDirtyHive/OldDirtyHive.LOG1"}},
     RecoveryState::clean,
     0,
     0,
     ""},
    // Logs of other hives.
    {{"log of another hive",
      "hives/regipy/transactions_NTUSER.DAT.xz",
      {"hives/dfwinreg/NTUSER.DAT.LOG"}},
     RecoveryState::not_recoverable,
     0,
     0,
     "NTUSER.DAT.LOG: it begins with entry 131, before the hive's 566"},
    {{"old log of another hive",
      "hives/yarp/OldDirtyHive/OldDirtyHive",
      {"hives/plaso/ntuser.dat.LOG"}},
     RecoveryState::not_recoverable,
     0,
     0,
     "ntuser.dat.LOG was written at another time than the hive"},
    // Dirty, and nothing beside them.
    {alone("hives/regipy/SYSTEM_WIN_10_1709.xz"), RecoveryState::unlogged, 0, 0,
     "sequence numbers 4317 and 4316 differ, and no log holds anything"},
    {alone("hives/regipy/SECURITY.xz"), RecoveryState::unlogged, 0, 0, "107 and 106"},
    {alone("hives/regipy/amcache.hve.xz"), RecoveryState::unlogged, 0, 0, "41 and 40"},
    {alone("hives/plaso/Amcache.hve"), RecoveryState::unlogged, 0, 0, "41 and 40"},
    {alone("hives/ezregistry/SECURITY"), RecoveryState::unlogged, 0, 0, "347 and 346"},
    {alone("hives/yarp/TruncatedDirtyHive"), RecoveryState::unlogged, 0, 0, "5 and 4"},
    // Nothing stands for their headers.
    {alone("hives/ezregistry/SAN(OTHER)"), RecoveryState::not_recoverable, 0, 0,
     "no log holds anything"},
    {alone("hives/yarp/GarbageHive"), RecoveryState::not_recoverable, 0, 0,
     "its header's checksum is wrong"},
    {alone("hives/yarp/EffectiveSizeHive"), RecoveryState::not_recoverable, 0, 0,
     "its header's checksum is wrong"},
    // The hive of a log that continues it, cut to three pages.
    {{"TruncatedDirtyHive with the whole one's log",
      "hives/yarp/TruncatedDirtyHive",
      {"hives/yarp/OldDirtyHive/OldDirtyHive.LOG1"}},
     RecoveryState::not_recoverable,
     0,
     0,
     "was written at another time"},
};

INSTANTIATE_TEST_SUITE_P(Corpus, HiveVerdicts, testing::ValuesIn(kVerdicts));

}  // namespace
}  // namespace drydock::hive
