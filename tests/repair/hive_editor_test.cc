// The editor on hives laid out for it, and at random against a model.

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "repair/hive/check.h"
#include "tests/repair/hive_support.h"
#include "tests/support/hive_builder.h"
#include "tests/support/temp_folder.h"

namespace drydock::hive {
namespace {

SaveOptions at_time_one() {
  return {.clock = [] { return FileTime{1}; }};
}

// What save() gives, which nothing may be said against, read by hivex too.
Result<Hive> saved_and_reopened(const Hive& hive) {
  auto saved = hive.save(at_time_one());
  if (!saved) return std::move(saved).error();
  CheckReport report = check(*saved);
  EXPECT_EQ(report.odd_count + report.fatal_count, 0u);
  TempFolder folder;
  write_file(folder / "hive", *saved);
  auto reopened = open_hive(*std::move(saved));
  if (reopened) {
    EXPECT_TRUE(*content_by_us(*reopened) == content_by_hivex(folder / "hive"));
  }
  return reopened;
}

BuiltKey many_keys(std::size_t count, std::string list, std::size_t leaf_length) {
  BuiltKey root{.name = "ROOT", .list = std::move(list), .leaf_length = leaf_length};
  for (std::size_t i = 0; i < count; ++i) {
    root.subkeys.push_back({.name = "k" + std::to_string(10000 + i)});
  }
  return root;
}

std::string list_kind(Bytes hive, std::uint32_t cell) {
  return std::string(as_text(hive.subspan(4096 + cell + 4, 2)));
}

TEST(HiveEditor, CutsAFullListInTwo) {
  HiveBuilder built(many_keys(1012, "lh", 0));
  auto hive = open_hive(built.bytes());
  ASSERT_TRUE(hive) << hive.error().describe();
  ASSERT_TRUE(hive->create("k10500x"));
  auto reopened = saved_and_reopened(*hive);
  ASSERT_TRUE(reopened) << reopened.error().describe();
  EXPECT_EQ(reopened->subkeys(reopened->root())->size(), 1013u);
  ByteVector bytes = *reopened->save();
  std::uint32_t list = *load<le32>(bytes, 4096 + built.key("ROOT") + 4 + 28);
  EXPECT_EQ(list_kind(bytes, list), "ri");
}

TEST(HiveEditor, PutsKeysIntoTheRightOneOfManyLists) {
  for (const char* list : {"lf", "lh", "li"}) {
    HiveBuilder built(many_keys(50, list, 7), 3);
    auto hive = open_hive(built.bytes());
    ASSERT_TRUE(hive) << hive.error().describe();
    for (const char* name : {"a", "k10006x", "K10007", "k10006_", "zz"}) {
      ASSERT_TRUE(hive->create(name));
    }
    auto saved = hive->save();
    ASSERT_TRUE(saved) << list << ": " << saved.error().describe();
    CheckReport report = check(*saved);
    EXPECT_EQ(report.odd_count, 0u);
    EXPECT_EQ(report.key_count, 55u);  // K10007 was there
  }
}

TEST(HiveEditor, LeavesNoListEmpty) {
  HiveBuilder built(many_keys(3, "lh", 1));
  auto hive = open_hive(built.bytes());
  ASSERT_TRUE(hive) << hive.error().describe();
  ASSERT_TRUE(hive->remove(*hive->find("k10001")));
  EXPECT_TRUE(saved_and_reopened(*hive));
  ASSERT_TRUE(hive->remove(*hive->find("k10000")));
  ASSERT_TRUE(hive->remove(*hive->find("k10002")));
  auto reopened = saved_and_reopened(*hive);
  ASSERT_TRUE(reopened) << reopened.error().describe();
  EXPECT_TRUE(reopened->subkeys(reopened->root())->empty());
}

TEST(HiveEditor, MakesListsOfTheHivesOwnKind) {
  for (std::uint32_t minor : {3u, 5u}) {
    HiveBuilder built({.name = "ROOT"}, minor);
    auto hive = open_hive(built.bytes());
    ASSERT_TRUE(hive);
    ASSERT_TRUE(hive->create("a"));
    ByteVector bytes = *hive->save();
    std::uint32_t list = *load<le32>(bytes, 4096 + built.key("ROOT") + 4 + 28);
    EXPECT_EQ(list_kind(bytes, list), minor == 3 ? "lf" : "lh");
  }
}

TEST(HiveEditor, KeepsLargeDataInOneCellWhereSegmentsAreUnknown) {
  HiveBuilder built({.name = "ROOT"}, 3);
  auto hive = open_hive(built.bytes());
  ASSERT_TRUE(hive);
  ASSERT_TRUE(hive->set(hive->root(), Value::binary("x", ByteVector(100000))));
  auto too_large = hive->set(hive->root(), Value::binary("x", ByteVector(2 << 20)));
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code(), Errc::unsupported);
  auto reopened = saved_and_reopened(*hive);
  ASSERT_TRUE(reopened) << reopened.error().describe();
  EXPECT_EQ(reopened->value(reopened->root(), "x")->data.size(), 100000u);
}

TEST(HiveEditor, UndoesAllOfAnEditThatFails) {
  HiveBuilder built({.name = "ROOT", .values = {{"a", 4, "1234"}}});
  auto hive = open_hive(built.bytes());
  ASSERT_TRUE(hive);
  auto set = hive->set(hive->root(), {Value::binary("b", ByteVector(50000)),
                                      Value::dword(std::string(20000, 'x'), 1)});
  auto created = hive->create("new\\" + std::string(256, 'x'));
  ASSERT_FALSE(set);
  ASSERT_FALSE(created);
  EXPECT_EQ(set.error().code(), Errc::bad_argument);
  EXPECT_EQ(created.error().code(), Errc::bad_argument);
  EXPECT_TRUE(*hive->save() == built.bytes());
  ASSERT_TRUE(hive->create("new\\other"));
  EXPECT_TRUE(saved_and_reopened(*hive));
}

TEST(HiveEditor, FindsAKeyByItsNameWhereTheListHasAWrongHash) {
  HiveBuilder built(many_keys(3, "lh", 0));
  auto hive = open_hive(built.with_word(built.list("ROOT"), 8, 1));
  ASSERT_TRUE(hive) << hive.error().describe();
  auto key = hive->find("K10000");
  ASSERT_TRUE(key) << key.error().describe();
  ASSERT_TRUE(hive->set(*key, Value::dword("x", 1)));
  EXPECT_EQ(hive->create("k10000")->handle, key->handle);
  EXPECT_EQ(hive->subkeys(hive->root())->size(), 3u);
  EXPECT_TRUE(hive->save());
}

TEST(HiveEditor, UsesAgainWhatWasFreed) {
  HiveBuilder built({.name = "ROOT"});
  auto hive = open_hive(built.bytes());
  ASSERT_TRUE(hive);
  for (int i = 0; i < 500; ++i) {
    auto key = hive->create("a\\b");
    ASSERT_TRUE(key);
    ASSERT_TRUE(hive->set(*key, Value::binary("x", ByteVector(20000))));
    ASSERT_TRUE(hive->remove(*hive->find("a")));
  }
  EXPECT_LE(hive->save()->size(), 40000u);
}

TEST(HiveEditor, DropsASecurityThatNoKeySharesAnyMore) {
  HiveBuilder built({.name = "ROOT", .subkeys = {{.name = "a"}}});
  std::uint32_t security =
      *load<le32>(built.bytes(), 4096 + built.key("ROOT") + 4 + 44);
  auto hive = open_hive(built.bytes());
  ASSERT_TRUE(hive);
  auto count = [&] { return *load<le32>(*hive->save(), 4096 + security + 4 + 12); };
  EXPECT_EQ(count(), 2u);
  ASSERT_TRUE(hive->create("b\\c"));
  EXPECT_EQ(count(), 4u);
  ASSERT_TRUE(hive->remove(*hive->find("b")));
  EXPECT_EQ(count(), 2u);
}

// A registry as a map, and a random walk that does the same to it and a hive.
class Model {
 public:
  Model(Hive& hive, std::uint32_t seed) : hive_(&hive), random_(seed) {
    keys_[""] = {};
  }

  void step() {
    std::string path = any_key();
    switch (random_() % 8) {
      case 0:
      case 1:
        create(path + (path.empty() ? "" : "\\") + any_name());
        break;
      case 2:
        remove(path);
        break;
      case 3:
        remove_value(path);
        break;
      default:
        set(path);
    }
  }

  void expect_same(const Hive& hive) const {
    auto content = content_by_us(hive);
    ASSERT_TRUE(content);
    ASSERT_EQ(content->size(), keys_.size());
    for (const auto& [path, key] : *content) {
      ASSERT_TRUE(keys_.contains(path)) << path;
      std::map<std::string, std::string> values;
      for (const auto& [name, type, data] : key.values) values[name] = data;
      EXPECT_EQ(values, keys_.at(path));
    }
  }

 private:
  std::string any_name() {
    constexpr const char* kNames[] = {
        "A",        "B_",       "C",           "a1",           "[x]", "\xC3\x84",
        "\xC3\x96", "\xD0\x90", "LONGER NAME", "\xE2\x82\xAC", "0",   "Z"};
    return kNames[random_() % std::size(kNames)] + std::to_string(random_() % 30);
  }
  std::string any_key() {
    auto key = keys_.begin();
    std::advance(key, static_cast<std::ptrdiff_t>(random_() % keys_.size()));
    return key->first;
  }

  void create(const std::string& path) {
    if (std::count(path.begin(), path.end(), '\\') > 6) return;
    ASSERT_TRUE(hive_->create(path));
    keys_.try_emplace(path);
  }
  void remove(const std::string& path) {
    if (path.empty() || random_() % 3 != 0) return;
    ASSERT_TRUE(hive_->remove(*hive_->find(path)));
    std::erase_if(keys_, [&](const auto& key) {
      return key.first == path || key.first.starts_with(path + '\\');
    });
  }
  void set(const std::string& path) {
    constexpr std::size_t kSizes[] = {0, 1, 4, 5, 60, 3000, 16344, 16345, 40000};
    std::string data(kSizes[random_() % std::size(kSizes)],
                     static_cast<char>('a' + random_() % 26));
    std::string name = random_() % 10 == 0 ? "" : any_name();
    ASSERT_TRUE(hive_->set(*hive_->find(path), Value::binary(name, bytes_of(data))));
    keys_[path][name] = data;
  }
  void remove_value(const std::string& path) {
    auto& values = keys_[path];
    if (values.empty()) return;
    std::string name = values.begin()->first;
    ASSERT_TRUE(hive_->remove_value(*hive_->find(path), name));
    values.erase(name);
  }

  Hive* hive_;
  std::mt19937 random_;
  std::map<std::string, std::map<std::string, std::string>> keys_;
};

TEST(HiveEditor, DoesAsAMapWouldOverManyRandomEdits) {
  for (std::uint32_t seed : {1u, 2u, 3u}) {
    HiveBuilder built({.name = "ROOT"}, seed == 3 ? 3 : 5);
    auto hive = open_hive(built.bytes());
    ASSERT_TRUE(hive);
    Model model(*hive, seed);
    for (int i = 0; i < 1500 && !testing::Test::HasFailure(); ++i) model.step();
    auto reopened = saved_and_reopened(*hive);
    ASSERT_TRUE(reopened) << "seed " << seed << ": " << reopened.error().describe();
    model.expect_same(*reopened);
  }
}

}  // namespace
}  // namespace drydock::hive
