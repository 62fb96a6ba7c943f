#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/hive/cells.h"
#include "repair/hive/check.h"
#include "repair/hive/upcase.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"
#include "tests/support/hive_builder.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"

namespace drydock::hive {
namespace {

// What the corpus shows of hives that Windows wrote and nobody wounded: not
// one has anything odd but its being dirty.
class HealthyHives : public testing::TestWithParam<const char*> {};

TEST_P(HealthyHives, HaveNothingWrong) {
  DRYDOCK_CORPUS_FILE(path, GetParam());
  CheckReport report = check(load_hive_file(path));
  EXPECT_EQ(report.fatal_count, 0u);
  EXPECT_EQ(report.odd_count, report.header.dirty() ? 1u : 0u);
  EXPECT_GT(report.key_count, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, HealthyHives,
    testing::Values("bcd/ezregistry/BCD", "bcd/regipy/BCD.xz",
                    "hives/dfwinreg/SECURITY", "hives/dissect.regf/SYSTEM.gz",
                    "hives/ezregistry/Acronis_0x52_Usrclass.dat",
                    "hives/ezregistry/NTUSER1.DAT", "hives/ezregistry/SAM",
                    "hives/ezregistry/SAM_DUPENAME", "hives/ezregistry/SECURITY",
                    "hives/notatin/win7_ntuser.dat", "hives/nt-hive/testhive",
                    "hives/nt-hive2/testhive", "hives/plaso/100_sub_keys.hiv",
                    "hives/plaso/Amcache.hve", "hives/plaso/NTUSER.DAT",
                    "hives/plaso/win10-Amcache.hve", "hives/regipy/NTUSER.DAT.xz",
                    "hives/regipy/SYSTEM.xz", "hives/regipy/SYSTEM_WIN_10_1709.xz",
                    "hives/regipy/transactions_NTUSER.DAT.xz", "hives/yarp/BigDataHive",
                    "hives/yarp/CompHive", "hives/yarp/ManySubkeysHive",
                    "hives/yarp/SlackHive", "hives/yarp/System_Delta",
                    "hives/yarp/UnicodeHive", "hives/yarp/UpcaseHive",
                    "hives/yarp/NewDirtyHive1/RecoveredHive_Windows10",
                    "hives/yarp/OldDirtyHive/RecoveredHive_Windows7"));

// A hive that somebody wounded, and the first words that it gets.
struct Wounded {
  const char* file;
  Severity severity;
  const char* what;
};

class WoundedHives : public testing::TestWithParam<Wounded> {};

TEST_P(WoundedHives, AreSeenThrough) {
  DRYDOCK_CORPUS_FILE(path, GetParam().file);
  CheckReport report = check(load_hive_file(path));
  bool seen = false;
  for (const Problem& problem : report.problems) {
    seen |= problem.severity == GetParam().severity && problem.what == GetParam().what;
  }
  EXPECT_TRUE(seen) << "problems: " << report.problems.size();
  EXPECT_EQ(static_cast<bool>(open_hive(load_hive_file(path))),
            report.fatal_count == 0);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, WoundedHives,
    testing::Values(
        Wounded{"hives/ezregistry/SAMBadHBinHeader", Severity::fatal,
                "its header isn't one"},
        Wounded{"hives/plaso/corrupt_sub_key_list.hiv", Severity::fatal,
                "it is named, but free"},
        Wounded{"hives/yarp/BadListHive", Severity::fatal, "it is named twice"},
        Wounded{"hives/yarp/BadSubkeyHive", Severity::fatal, "it is named twice"},
        Wounded{"hives/yarp/TruncatedNameHive", Severity::fatal,
                "a name of 22 bytes is longer than the cell"},
        Wounded{"hives/yarp/TruncatedHive", Severity::fatal,
                "bins of 487424 bytes in a file of 12288"},
        Wounded{"hives/yarp/DuplicateSubkeysHive", Severity::odd,
                "a second subkey of one name"},
        Wounded{"hives/yarp/InvalidParentHive", Severity::odd,
                "it names another key as its parent"},
        Wounded{"hives/yarp/WrongOrderHive", Severity::odd, "a subkey out of order"},
        Wounded{"hives/yarp/HealedHive", Severity::odd,
                "4 keys share this security, which counts 8"},
        Wounded{"hives/ezregistry/SAN(OTHER)", Severity::odd,
                "its header's checksum is wrong"}));

TEST(HiveCheck, NamesTheKeyThatAProblemIsIn) {
  DRYDOCK_CORPUS_FILE(path, "hives/regipy/corrupted_system_hive.xz");
  auto opened = open_hive(load_hive_file(path));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::corrupt);
  EXPECT_THAT(opened.error().places(), testing::ElementsAre("bin 0x19000"));
  CheckReport report = check(load_hive_file(path));
  ASSERT_GT(report.problems.size(), 1u);
  EXPECT_EQ(report.problems[1].where,
            "cell 0x98308, key \\ControlSet001\\Control\\Biosinfo");
}

TEST(HiveCheck, SurvivesEveryPrefixOfAHive) {
  DRYDOCK_CORPUS_FILE(path, "bcd/regipy/BCD.xz");
  ByteVector bytes = load_hive_file(path);
  for (std::size_t size = 0; size < bytes.size(); size += 61) {
    EXPECT_GT(check(Bytes(bytes).first(size)).fatal_count, 0u);
  }
}

// A hive with a bit of everything, for wounds.
const HiveBuilder& sound_hive() {
  static const HiveBuilder hive(
      {.name = "ROOT",
       .values = {{"big", 3, std::string(20000, 'b')}, {"text", 3, "eight..."}},
       .subkeys = {{.name = "a", .subkeys = {{.name = "b"}, {.name = "c"}}},
                   {.name = "d",
                    .subkeys = {{.name = "e"}, {.name = "f"}},
                    .list = "lf",
                    .leaf_length = 1}}});
  return hive;
}

// The first fatal one, or the first.
std::string first_problem(Bytes hive) {
  CheckReport report = check(hive);
  for (const Problem& problem : report.problems) {
    if (problem.severity == Severity::fatal) return "fatal: " + problem.what;
  }
  return report.problems.empty() ? "nothing" : "odd: " + report.problems.front().what;
}

TEST(HiveCheck, FindsNothingWrongWithASoundHive) {
  EXPECT_EQ(first_problem(sound_hive().bytes()), "nothing");
  EXPECT_EQ(check(sound_hive().bytes()).key_count, 7u);
  EXPECT_EQ(check(sound_hive().bytes()).value_count, 2u);
}

TEST(HiveCheck, SeesWoundsOfTheHeader) {
  ByteVector hive = sound_hive().bytes();
  auto with = [&](std::size_t at, std::uint32_t word) {
    ByteVector wounded = hive;
    EXPECT_TRUE(store(wounded, at, le32(word)));
    return first_problem(wounded);
  };
  EXPECT_EQ(with(0, 0), "fatal: it doesn't begin with regf");
  EXPECT_EQ(with(4, 2), "odd: its header's checksum is wrong");
  EXPECT_EQ(with(20, 2), "fatal: version 2.5 in format 1");
  EXPECT_EQ(with(28, 6), "fatal: it is a transaction log, not a hive");
  EXPECT_EQ(with(40, 4097), "fatal: bins of 4097 bytes");
  EXPECT_EQ(with(40, 1 << 20), "fatal: bins of 1048576 bytes in a file of 28672");
  EXPECT_EQ(with(4096, 0), "fatal: its header isn't one");
  EXPECT_EQ(with(4096 + 8, 4096), "fatal: a cell of 16352 bytes can't lie there");
}

TEST(HiveCheck, SeesKeysThatLeadBackOrNowhere) {
  const HiveBuilder& hive = sound_hive();
  std::uint32_t list = hive.list("ROOT\\a");
  EXPECT_EQ(first_problem(hive.with_word(list, 4, hive.key("ROOT"))),
            "fatal: it is named twice");
  EXPECT_EQ(first_problem(hive.with_word(list, 4, 0x100000)),
            "fatal: no cell can lie there: bins end at 0x6000");
  EXPECT_EQ(first_problem(hive.with_word(list, 4, list)), "fatal: it is named twice");
  EXPECT_EQ(first_problem(hive.with_word(list, 0, 0x7fff686c)),
            "fatal: a list of 32767 is longer than its cell of 20");
  EXPECT_EQ(first_problem(hive.with_word(hive.key("ROOT\\a"), 20, 3)),
            "fatal: the key counts 3 subkeys, its lists 2");
  EXPECT_EQ(first_problem(hive.with_size(hive.key("ROOT\\a\\b"), 88)),
            "fatal: it is named, but free");
}

TEST(HiveCheck, SeesListsOfListsOfLists) {
  const HiveBuilder& hive = sound_hive();
  std::uint32_t leaf = *load<le32>(hive.bytes(), 4096 + hive.list("ROOT\\d") + 4 + 4);
  EXPECT_EQ(first_problem(hive.with_word(leaf, 0, 0x00016972)),
            "fatal: a list of lists (ri) within another");
}

TEST(HiveCheck, SeesDataThatIsntThere) {
  const HiveBuilder& hive = sound_hive();
  std::uint32_t text = hive.value("ROOT\\text");
  std::uint32_t big = hive.value("ROOT\\big");
  EXPECT_EQ(first_problem(hive.with_word(text, 4, 100)),
            "fatal: 100 bytes of data in a cell of 12");
  EXPECT_EQ(first_problem(hive.with_word(text, 4, 0x80000005)),
            "fatal: 5 bytes of data can't lie in the value");
  EXPECT_EQ(first_problem(hive.with_word(big, 4, 40000)),
            "fatal: 40000 bytes of data in 2 segments");
  EXPECT_EQ(first_problem(
                hive.with_word(big, 8, *load<le32>(hive.bytes(), 4096 + text + 4 + 8))),
            "fatal: 20000 bytes of data in a cell of 12");
  EXPECT_EQ(first_problem(hive.with_word(text, 8, hive.key("ROOT"))),
            "fatal: it is named twice");
}

TEST(HiveCheck, CallsOddWhatCanBeReadAllTheSame) {
  const HiveBuilder& hive = sound_hive();
  std::uint32_t list = hive.list("ROOT\\a");
  EXPECT_EQ(first_problem(hive.with_word(list, 8, 1)),
            "odd: the list (lh) has a wrong hash of this key's name");
  EXPECT_EQ(first_problem(hive.with_word(hive.key("ROOT\\a"), 16, 0)),
            "odd: it names another key as its parent");
  EXPECT_EQ(first_problem(hive.with_word(hive.key("ROOT"), 64, 1)),
            "odd: its name or data is longer than its key's longest");
  HiveBuilder unordered({.name = "ROOT", .subkeys = {{.name = "_"}, {.name = "a"}}});
  EXPECT_EQ(first_problem(unordered.bytes()), "odd: a subkey out of order");
}

TEST(HiveCheck, BoundsHowDeepKeysNest) {
  auto nested = [](int depth) {
    BuiltKey key{.name = "k"};
    for (int i = 0; i < depth; ++i) {
      BuiltKey above{.name = "k"};
      above.subkeys.push_back(std::move(key));
      key = std::move(above);
    }
    return check(HiveBuilder(key).bytes());
  };
  EXPECT_EQ(nested(kKeyDepthMax).fatal_count, 0u);
  EXPECT_EQ(nested(kKeyDepthMax + 1).problems.front().what,
            "keys nest deeper than 512");
}

// mkntfs writes to a fresh volume the table that Windows keeps there.
// By its upper case a name is hashed, and looked for.
TEST(Upcase, OfUpperCaseIsItself) {
  for (std::uint32_t unit = 0; unit <= 0xffff; ++unit) {
    char16_t upper = upcase(static_cast<char16_t>(unit));
    ASSERT_EQ(upcase(upper), upper) << unit;
  }
}

TEST(Upcase, IsTheTableOfNtfs) {
  if (!have_program("mkntfs") || !have_program("icat"))
    GTEST_SKIP() << "mkntfs or icat (sleuthkit) isn't installed";
  TempFolder folder;
  std::filesystem::path volume = folder / "volume";
  write_file(volume, {});
  std::filesystem::resize_file(volume, 8 << 20);
  ASSERT_EQ(run({"mkntfs", "-F", "-q", "-T", volume}).exit_code, 0);
  std::string table = run({"icat", volume, "10"}).out;
  ASSERT_EQ(table.size(), 0x20000u);
  int wrong_count = 0;
  for (std::size_t unit = 0; unit < 0x10000; ++unit) {
    std::uint16_t theirs = *load<le16>(bytes_of(table), unit * 2);
    wrong_count += upcase(static_cast<char16_t>(unit)) != theirs;
  }
  EXPECT_EQ(wrong_count, 0);
}

}  // namespace
}  // namespace drydock::hive
