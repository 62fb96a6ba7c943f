// Edits at random, of a hive that Windows wrote and of a disk's: what is left is what a
// model says, other readers see it as we do, and undo gives every byte back.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "repair/bcdedit/of_disk.h"
#include "repair/bcdedit/words.h"
#include "repair/hive_logs.h"
#include "repair/installation.h"
#include "repair/reg/edits.h"
#include "repair/reg/words.h"
#include "repair/transaction.h"
#include "tests/repair/hive_judges.h"
#include "tests/repair/hive_support.h"
#include "tests/repair/windows_disk.h"
#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "vhd/base/try.h"

namespace drydock {
namespace {

using hive::Hive;
using hive::Key;
using hive::Value;
using hive::ValueType;

// A failure names the seed: with it the same edits are made again.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t count) { return random_() % count; }
  template <class List>
  const auto& any_of(const List& list) {
    return *std::next(std::begin(list),
                      static_cast<std::ptrdiff_t>(below(std::size(list))));
  }
  std::string name() {
    constexpr const char* kStarts[] = {
        "key",
        "Value of ",
        "\xC3\x84\xC3\xB6",
        "\xD0\x96\xD1\x83\xD0\xBA",
        "\xE2\x82\xAC",
        "\xF0\x9D\x84\x9E",
        "[x]",
        "_",
        "a.b,c/d%e",
        "a name that is longer than most, and then somewhat longer than that"};
    return any_of(kStarts) + std::to_string(below(40));
  }
  ByteVector bytes() {
    // Within the value, in a cell, in segments, and around what is the most of each.
    constexpr std::size_t kSizes[] = {0,     1,     3,     4,     5,    20,
                                      16343, 16344, 16345, 32688, 70000};
    ByteVector data(any_of(kSizes));
    for (std::byte& byte : data) byte = static_cast<std::byte>(below(256));
    return data;
  }
  Value value(const std::string& name) {
    switch (below(7)) {
      case 0:
        return Value::sz(name, this->name());
      case 1:
        return Value::multi_sz(name, {this->name(), "", this->name()});
      case 2:
        return Value::dword(name, static_cast<std::uint32_t>(random_()));
      case 3:
        return Value::qword(name, random_());
      case 4:
        return {.name = name, .type = static_cast<ValueType>(0x1234), .data = bytes()};
      default:
        return Value::binary(name, bytes());
    }
  }

 private:
  std::mt19937 random_;
};

// ---- A hive, and a model of it that knows nothing of cells.

class Model {
 public:
  Model(Hive& hive, std::uint32_t seed) : hive_(&hive), dice_(seed) {
    auto content = content_by_us(hive);
    if (!content) return;
    for (const auto& [path, key] : *content) {
      Values& values = keys_[path];
      for (const auto& [name, type, data] : key.values) values[name] = {type, data};
    }
  }

  void step() {
    std::string path = dice_.any_of(keys_).first;
    switch (dice_.below(10)) {
      case 0:
        return create(path);
      case 1:
        return remove(path);
      case 2:
        return copy(path, below(dice_.any_of(keys_).first, dice_.name()));
      case 3:
        return rename(path);
      case 4:
      case 5:
        return remove_value(path);
      default:
        return set(path);
    }
  }

  void expect_same(const Hive& hive) const {
    auto content = content_by_us(hive);
    ASSERT_TRUE(content) << content.error().describe();
    std::map<std::string, Values> found;
    for (const auto& [path, key] : *content) {
      Values& values = found[path];
      for (const auto& [name, type, data] : key.values) values[name] = {type, data};
      EXPECT_EQ(values.size(), key.values.size()) << path;
    }
    EXPECT_TRUE(found == keys_);
  }

 private:
  using Values = std::map<std::string, std::pair<std::uint32_t, std::string>>;

  // So many keys go, or come, in one step.
  static constexpr std::ptrdiff_t kTreeMax = 30;

  static std::string below(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + '\\' + name;
  }
  static bool is_in(const std::string& path, const std::string& tree) {
    return path == tree || tree.empty() || path.starts_with(tree + '\\');
  }
  // It and all below it; nothing where that is too much.
  std::vector<std::string> tree(const std::string& path) const {
    std::vector<std::string> paths;
    for (const auto& [key, values] : keys_) {
      if (is_in(key, path)) paths.push_back(key);
    }
    if (std::ssize(paths) > kTreeMax) paths.clear();
    return paths;
  }
  Key key(const std::string& path) {
    auto key = hive_->find(path);
    EXPECT_TRUE(key) << path << ": " << key.error().describe();
    return key ? *key : hive_->root();
  }

  void create(const std::string& above) {
    std::string path = below(above, dice_.name());
    EXPECT_TRUE(hive_->create(path)) << path;
    keys_.try_emplace(path);
  }

  void remove(const std::string& path) {
    std::vector<std::string> gone = tree(path);
    if (gone.empty() || path.empty()) return;
    EXPECT_TRUE(hive_->remove(key(path))) << path;
    for (const std::string& each : gone) keys_.erase(each);
  }

  void copy(const std::string& from, const std::string& to) {
    if (is_in(to, from)) return;
    for (const std::string& each : tree(from)) {
      std::string path = to + each.substr(from.size());
      Key made = *hive_->create(path);
      Values& values = keys_[path];
      std::vector<Value> copied = *hive_->values(key(each));
      for (const Value& value : copied) {
        EXPECT_TRUE(hive_->set(made, value)) << path;
        values[value.name] = keys_.at(each).at(value.name);
      }
    }
  }

  void rename(const std::string& path) {
    std::string above = path.substr(0, path.find_last_of('\\') + 1);
    std::string to = above + dice_.name();
    if (path.empty() || keys_.contains(to)) return;
    copy(path, to);
    if (keys_.contains(to)) remove(path);
  }

  void set(const std::string& path) {
    Values& values = keys_.at(path);
    bool old = !values.empty() && dice_.below(2) == 0;
    std::string name = old ? dice_.any_of(values).first : dice_.name();
    if (dice_.below(20) == 0) name.clear();
    Value value = dice_.value(name);
    EXPECT_TRUE(hive_->set(key(path), value)) << path << ", " << name;
    values[name] = {static_cast<std::uint32_t>(value.type),
                    std::string(as_text(value.data))};
  }

  void remove_value(const std::string& path) {
    Values& values = keys_.at(path);
    if (values.empty()) return;
    std::string name = dice_.any_of(values).first;
    EXPECT_TRUE(hive_->remove_value(key(path), name)) << path << ", " << name;
    values.erase(name);
  }

  Hive* hive_;
  Dice dice_;
  std::map<std::string, Values> keys_;
};

class RandomEdits : public testing::TestWithParam<std::uint32_t> {};

TEST_P(RandomEdits, OfAUsersHiveLeaveWhatAModelSaysAndOthersReadTheSame) {
  DRYDOCK_CORPUS_FILE(file, "hives/regipy/NTUSER.DAT.xz");
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  auto hive = hive::open_hive(hive::load_hive_file(file));
  ASSERT_TRUE(hive) << hive.error().describe();
  Model model(*hive, GetParam());
  for (int i = 0; i < 400 && !HasFailure(); ++i) model.step();
  auto saved = hive->save();
  ASSERT_TRUE(saved) << saved.error().describe();
  EXPECT_EQ(hive::objections(*saved), "");
  model.expect_same(*hive::open_hive(*saved));
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomEdits, testing::Values(1, 2, 3));

// ---- A disk, by the words of reg and bcdedit.

using Words = std::vector<std::string>;

constexpr char kSystem[] = "C:\\Windows\\System32\\config\\SYSTEM";
constexpr char kStore[] = "esp:\\EFI\\Microsoft\\Boot\\BCD";

Words any_reg_words(Dice& dice) {
  std::string key = "HKLM\\SYSTEM\\CurrentControlSet\\Services\\" + dice.name();
  std::string number = std::to_string(dice.below(100));
  switch (dice.below(5)) {
    case 0:
      return {"copy", "HKLM\\SYSTEM\\CurrentControlSet\\Control", key, "/s", "/f"};
    case 1:
      return {"delete", "HKLM\\SYSTEM\\CurrentControlSet\\Services\\disk", "/f"};
    case 2:
      return {"add", key, "/v", dice.name(), "/t", "REG_DWORD", "/d", number};
    case 3:
      return {"add", key, "/v", "long", "/d", std::string(dice.below(70000), 'x')};
    default:
      return {"add", key, "/ve", "/d", dice.name(), "/f"};
  }
}

Words any_bcdedit_words(Dice& dice) {
  std::string number = std::to_string(dice.below(100));
  switch (dice.below(5)) {
    case 0:
      return {"/copy", "{default}", "/d", "copy " + number};
    case 1:
      return {"/timeout", number};
    case 2:
      return {"/set", "{default}", "description", dice.name()};
    case 3:
      return {"/create", "/d", dice.name(), "/application", "osloader"};
    default:
      return {"/set", "{bootmgr}", "device", "partition=C:"};
  }
}

Result<std::vector<repair::Action>> actions_of(const Words& words,
                                               const repair::Disk& disk, Dice& dice) {
  std::vector<std::string> notes;
  if (!words.front().starts_with('/')) {
    reg::Command command = TRY(reg::parse(words));
    reg::Hives hives(*disk.installations().front());
    if (auto* add = std::get_if<reg::Add>(&command))
      return reg::plan(*add, hives, notes);
    if (auto* copy = std::get_if<reg::Copy>(&command)) {
      return reg::plan(*copy, hives, notes);
    }
    return reg::plan(std::get<reg::Delete>(command), hives, notes);
  }
  bcdedit::Command command = TRY(bcdedit::parse(words));
  repair::GuestPath path = TRY(bcdedit::find_store(disk, {}, 0));
  Hive hive = TRY(repair::open_hive(disk, path));
  bcd::Store store = TRY(bcd::Store::open(hive));
  return bcdedit::plan(command, store, path, bcdedit::names_of(disk, 0), [&] {
    Guid id;
    for (std::byte& byte : id.bytes) byte = static_cast<std::byte>(dice.below(256));
    return Result<Guid>(id);
  });
}

// A few commands as one change of the image.  One that makes no sense is left out: what
// is deleted may be gone already.
Done change(const std::filesystem::path& image, Dice& dice) {
  auto transaction = TRY(repair::Transaction::begin(image));
  repair::Plan plan;
  for (int i = 0; i < 6; ++i) {
    Words words = dice.below(2) == 0 ? any_reg_words(dice) : any_bcdedit_words(dice);
    auto actions = actions_of(words, transaction->disk(), dice);
    if (!actions && actions.error().code() == Errc::not_found) continue;
    for (repair::Action& action : TRY(std::move(actions))) {
      plan.edits.push_back({.action = std::move(action), .why = words.front()});
    }
  }
  static_cast<void>(TRY(transaction->rehearse(plan)));
  static_cast<void>(TRY(transaction->commit("{}")));
  return {};
}

std::string hash_of(const std::filesystem::path& path) {
  return run({"sha256sum", path.string()}).out;
}

// What the judges have against the hives as they lie in the image.
std::string objections_to(const std::filesystem::path& image) {
  auto judged = [&]() -> Result<std::string> {
    repair::View view = TRY(repair::open_view(image));
    auto disk = TRY(repair::open_disk(view));
    std::string found;
    for (const char* name : {kSystem, kStore}) {
      repair::GuestPath path = TRY(disk->resolve(name));
      DevicePtr data =
          TRY(TRY(TRY(disk->volume(path.partition))->find(path.path)).data());
      found += hive::objections(TRY(read_bytes(*data, 0, data->size(), data->size())));
    }
    return found;
  }();
  return judged ? *judged : judged.error().describe();
}

class RandomChanges : public testing::TestWithParam<std::uint32_t> {};

TEST_P(RandomChanges, AreReadByOthersAndUndoGivesBackEveryByte) {
  DRYDOCK_WINDOWS_DISK(windows);
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  Dice dice(GetParam());
  std::filesystem::path image = windows.save();
  std::vector<std::string> hashes{hash_of(image)};
  for (int i = 0; i < 2; ++i) {
    Done changed = change(image, dice);
    ASSERT_TRUE(changed) << changed.error().describe();
    EXPECT_EQ(objections_to(image), "");
    hashes.push_back(hash_of(image));
    EXPECT_NE(hashes[hashes.size() - 2], hashes.back());
  }
  while (hashes.size() > 1) {
    hashes.pop_back();
    auto undone = repair::undo(image);
    ASSERT_TRUE(undone) << undone.error().describe();
    EXPECT_EQ(hash_of(image), hashes.back());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomChanges, testing::Values(1, 2, 3));

}  // namespace
}  // namespace drydock
