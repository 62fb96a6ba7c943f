#include <gtest/gtest.h>

#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"

namespace drydock::hive {
namespace {

// offreg.dll wrote it; the source of it, in the nt-hive project, says what.
TEST(Hive, ReadsBigDataThatWindowsCutIntoSegments) {
  DRYDOCK_CORPUS_FILE(path, "hives/nt-hive/testhive");
  auto hive = open_hive(load_hive_file(path));
  ASSERT_TRUE(hive) << hive.error().describe();
  auto key = hive->find("big-data-test");
  ASSERT_TRUE(key) << key.error().describe();
  auto a = hive->value(*key, "A");
  auto b = hive->value(*key, "B");
  auto c = hive->value(*key, "C");
  ASSERT_TRUE(a && b && c);
  EXPECT_EQ(as_text(a->data), std::string(16343, 'A'));
  EXPECT_EQ(as_text(b->data), std::string(16344, 'B'));
  EXPECT_EQ(as_text(c->data), std::string(16345, 'C'));
}

TEST(Hive, FindsKeysAndValuesInAnyCase) {
  DRYDOCK_CORPUS_FILE(packed, "hives/regipy/SYSTEM.xz");
  auto hive = open_hive(load_hive_file(packed));
  ASSERT_TRUE(hive) << hive.error().describe();
  auto key = hive->find("controlset001\\SERVICES\\Disk");
  ASSERT_TRUE(key) << key.error().describe();
  auto start = hive->value(*key, "START");
  ASSERT_TRUE(start) << start.error().describe();
  EXPECT_EQ(start->name, "Start");
  EXPECT_EQ(start->number(), 0u);
  EXPECT_EQ(*hive->name(*key), "Disk");
}

// hivex's C strings end such a name at its zero; ours doesn't.
TEST(Hive, KeepsAZeroInAName) {
  DRYDOCK_CORPUS_FILE(path, "hives/hivex/special");
  auto hive = open_hive(load_hive_file(path));
  ASSERT_TRUE(hive) << hive.error().describe();
  using namespace std::string_literals;
  auto key = hive->find("ZERO\0KEY"s);
  ASSERT_TRUE(key) << key.error().describe();
  EXPECT_EQ(*hive->name(*key), "zero\0key"s);
  EXPECT_TRUE(hive->find("weird\xE2\x84\xA2"));
  EXPECT_TRUE(hive->find("ABCD_\xC3\x84\xC3\x96\xC3\x9C\xC3\x9F"));
}

TEST(Hive, SaysWhatItDidNotFind) {
  DRYDOCK_CORPUS_FILE(packed, "bcd/regipy/BCD.xz");
  auto hive = open_hive(load_hive_file(packed));
  ASSERT_TRUE(hive) << hive.error().describe();
  auto key = hive->find("Objects\\none\\deeper");
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code(), Errc::not_found);
  EXPECT_EQ(key.error().words(), "there is no key none in Objects");
  auto value = hive->value(hive->root(), "");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), Errc::not_found);
}

TEST(Hive, OpensDirtyForReadingAndSaysSo) {
  DRYDOCK_CORPUS_FILE(clean, "hives/regipy/SYSTEM.xz");
  DRYDOCK_CORPUS_FILE(dirty, "hives/regipy/SYSTEM_WIN_10_1709.xz");
  auto clean_hive = open_hive(load_hive_file(clean));
  auto dirty_hive = open_hive(load_hive_file(dirty));
  ASSERT_TRUE(clean_hive && dirty_hive);
  EXPECT_FALSE(clean_hive->dirty());
  EXPECT_TRUE(dirty_hive->dirty());
  EXPECT_TRUE(dirty_hive->find("Select"));
}

TEST(Hive, RefusesALogAndEmptiness) {
  DRYDOCK_CORPUS_FILE(log, "hives/yarp/OldDirtyHive/OldDirtyHive.LOG1");
  auto opened = open_hive(load_hive_file(log));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::corrupt);
  EXPECT_EQ(opened.error().words(), "it is a transaction log, not a hive");
  EXPECT_FALSE(open_hive({}));
}

}  // namespace
}  // namespace drydock::hive
