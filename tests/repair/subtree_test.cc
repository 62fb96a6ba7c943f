#include "repair/hive/subtree.h"

#include <gtest/gtest.h>

#include <sstream>

#include "repair/hive/check.h"
#include "tests/repair/hive_judges.h"
#include "tests/repair/hive_support.h"
#include "tests/support/corpus.h"
#include "tests/support/hive_builder.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"

namespace drydock::hive {
namespace {

using namespace std::string_literals;

ByteVector built() {
  std::vector<BuiltKey> many;
  for (int i = 0; i < 2100; ++i) many.push_back({.name = "k" + std::to_string(i)});
  return HiveBuilder({.name = "ROOT",
                      .subkeys = {{.name = "a",
                                   .values = {{"", 1, "d\0\0\0"s},
                                              {"big", 3, std::string(40000, 'b')}},
                                   .subkeys = std::move(many),
                                   .leaf_length = 500}}})
      .bytes();
}

// Paths below `root`, as content_by_us() has them.
Content below(const Content& all, const std::string& root) {
  Content content;
  for (const auto& [path, key] : all) {
    if (path == root) content[""] = key;
    if (path.starts_with(root + "\\")) content[path.substr(root.size() + 1)] = key;
  }
  return content;
}

TEST(Subtree, IsAHiveOfItsOwn) {
  Hive hive = *open_hive(built());
  auto saved = save_key(hive, *hive.find("a"));
  ASSERT_TRUE(saved) << saved.error().describe();
  EXPECT_EQ(check(*saved).problems.size(), 0u);
  auto opened = open_hive(*saved);
  ASSERT_TRUE(opened) << opened.error().describe();
  EXPECT_EQ(*content_by_us(*opened), below(*content_by_us(hive), "a"));
  EXPECT_EQ(opened->subkeys(opened->root())->size(), 2100u);
}

TEST(Subtree, OfTheRootIsTheWholeHiveToAnotherReader) {
  DRYDOCK_CORPUS_FILE(path, "bcd/regipy/BCD.xz");
  Hive hive = *open_hive(load_hive_file(path));
  auto saved = save_key(hive, hive.root());
  ASSERT_TRUE(saved) << saved.error().describe();
  TempFolder folder;
  write_file(folder / "saved", *saved);
  EXPECT_EQ(content_by_hivex(folder / "saved"), *content_by_us(hive));
}

// What reglookup reads from `key` on, with owners, access lists and classes, and paths
// without the key's own.
std::string read_by_reglookup(const std::filesystem::path& hive, std::string key) {
  std::string text;
  std::istringstream lines(run({"reglookup", "-H", "-s", "-p", key, hive}).out);
  for (std::string line; std::getline(lines, line);) {
    if (key != "/") line.erase(0, key.size());
    if (!line.starts_with('/')) line.insert(0, "/");
    text += line.substr(line.starts_with("//") ? 1 : 0) + '\n';
  }
  return text;
}

TEST(Subtree, KeepsSecurityClassesAndTimes) {
  DRYDOCK_CORPUS_FILE(path, "hives/regipy/SYSTEM.xz");
  if (!have_program("reglookup")) GTEST_SKIP() << "reglookup isn't installed";
  ByteVector bytes = load_hive_file(path);
  Hive hive = *open_hive(bytes);
  auto saved = save_key(hive, *hive.find("ControlSet001\\Control\\Lsa"));
  ASSERT_TRUE(saved) << saved.error().describe();
  EXPECT_EQ(objections(*saved), "");
  TempFolder folder;
  write_file(folder / "whole", bytes);
  write_file(folder / "saved", *saved);
  std::string before =
      read_by_reglookup(folder / "whole", "/ControlSet001/Control/Lsa");
  EXPECT_NE(before.find("/JD,KEY,"), before.npos);
  EXPECT_NE(before.find(",67cd88ed\n"), before.npos);  // its class
  EXPECT_EQ(before, read_by_reglookup(folder / "saved", "/"));
}

}  // namespace
}  // namespace drydock::hive
