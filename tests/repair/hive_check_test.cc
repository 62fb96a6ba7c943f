#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/hive/cells.h"
#include "repair/hive/check.h"
#include "repair/hive/upcase.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"
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
            "cell 0x98308, cell 0x2a98, key \\ControlSet001\\Control\\Biosinfo");
}

TEST(HiveCheck, SurvivesEveryPrefixOfAHive) {
  DRYDOCK_CORPUS_FILE(path, "bcd/regipy/BCD.xz");
  ByteVector bytes = load_hive_file(path);
  for (std::size_t size = 0; size < bytes.size(); size += 61) {
    EXPECT_GT(check(Bytes(bytes).first(size)).fatal_count, 0u);
  }
}

// mkntfs writes to a fresh volume the table that Windows keeps there.
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
