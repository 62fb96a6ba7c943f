// Some hundred random changes against a model of what the volume should hold
// by then; sleuthkit and ntfsresize say whether it does.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "ntfs/ntfs/volume.h"
#include "tests/ntfs/ntfs_images.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"

namespace drydock {
namespace {

// What the volume should hold: files by path, and directories (no value).
using Model = std::map<std::string, std::optional<ByteVector>>;

class Changes {
 public:
  Changes(FileSystem& volume, unsigned seed) : volume_(volume), random_(seed) {}

  void step() {
    switch (number(10)) {
      case 0:
        return make_directory();
      case 1:
        return remove();
      case 2:
      case 3:
        return rename();
      case 4:
      case 5:
        return write_into();
      case 6:
        return resize();
      default:
        return put();
    }
  }

  const Model& model() const { return model_; }

 private:
  std::size_t number(std::size_t end) { return random_() % end; }

  ByteVector bytes() {
    // Resident, of some clusters, of many.
    constexpr std::size_t kSizes[] = {0, 50, 650, 5'000, 70'000, 400'000};
    ByteVector out(number(kSizes[number(std::size(kSizes))] + 1));
    for (std::byte& b : out) b = static_cast<std::byte>(random_());
    return out;
  }

  std::string some_directory() {
    std::vector<std::string> all{""};
    for (const auto& [path, content] : model_) {
      if (!content) all.push_back(path + "/");
    }
    return all[number(all.size())];
  }

  std::string new_path() {
    static constexpr const char* kNames[] = {"a", "B.txt",
                                             "a name of several words.dll",
                                             "\xC3\xA4\xE6\xBC\xA2", "x.tar.gz"};
    return some_directory() + std::to_string(number(500)) + kNames[number(5)];
  }

  std::optional<std::string> some_file() {
    std::vector<std::string> all;
    for (const auto& [path, content] : model_) {
      if (content) all.push_back(path);
    }
    if (all.empty()) return std::nullopt;
    return all[number(all.size())];
  }

  void make_directory() {
    std::string path = new_path();
    if (model_.contains(path)) return;
    auto made = volume_.create_directory(path);
    ASSERT_TRUE(made) << made.error().describe();
    model_[path] = std::nullopt;
  }

  void put() {
    auto old = number(3) == 0 ? some_file() : std::nullopt;
    std::string path = old ? *old : new_path();
    if (!old && model_.contains(path)) return;
    ByteVector content = bytes();
    auto made = volume_.put(path, content);
    ASSERT_TRUE(made) << made.error().describe();
    model_[path] = content;
  }

  void remove() {
    if (model_.empty()) return;
    auto at = std::next(model_.begin(), static_cast<long>(number(model_.size())));
    std::string path = at->first;
    auto below = model_.lower_bound(path + "/");
    bool full = below != model_.end() && below->first.starts_with(path + "/");
    auto done = volume_.remove(path);
    ASSERT_EQ(static_cast<bool>(done), !full) << path;
    if (!full) model_.erase(path);
  }

  void rename() {
    if (model_.empty()) return;
    auto at = std::next(model_.begin(), static_cast<long>(number(model_.size())));
    std::string from = at->first;
    std::string to = new_path();
    if (model_.contains(to) || to.starts_with(from + "/")) return;
    auto done = volume_.rename(from, to);
    ASSERT_TRUE(done) << done.error().describe();
    Model moved;
    for (const auto& [path, content] : model_) {
      bool inside = path == from || path.starts_with(from + "/");
      moved[inside ? to + path.substr(from.size()) : path] = content;
    }
    model_ = std::move(moved);
  }

  void write_into() {
    auto path = some_file();
    if (!path || model_[*path]->empty()) return;
    ByteVector& content = *model_[*path];
    std::size_t offset = number(content.size());
    ByteVector piece = bytes();
    piece.resize(std::min(piece.size(), content.size() - offset));
    auto file = volume_.find(*path);
    ASSERT_TRUE(file);
    auto data = file->data();
    ASSERT_TRUE(data) << data.error().describe();
    auto done = (*data)->write(offset, piece);
    ASSERT_TRUE(done) << done.error().describe();
    std::copy(piece.begin(), piece.end(), content.begin() + static_cast<long>(offset));
  }

  void resize() {
    auto path = some_file();
    if (!path) return;
    std::size_t size = number(200'000);
    auto data = volume_.find(*path)->data();
    ASSERT_TRUE(data) << data.error().describe();
    auto done = (*data)->resize(size);
    ASSERT_TRUE(done) << done.error().describe();
    model_[*path]->resize(size);
  }

  FileSystem& volume_;
  std::mt19937 random_;
  Model model_;
};

// fls reads index blocks that are free, too, and has names from there that are
// gone: what we have beyond the model is for the model to say.
Tree without_others(Tree theirs, const Tree& ours) {
  std::erase_if(theirs, [&](const auto& entry) { return !ours.contains(entry.first); });
  return theirs;
}

void expect_equal(const FileSystem& volume, const Place& place, const Model& model) {
  Tree ours = tree_by_us(volume);
  EXPECT_EQ(difference(ours, without_others(tree_by_fls(place), ours)), "");
  EXPECT_EQ(ours.size(), model.size());
  for (const auto& [path, content] : model) {
    auto found = ours.find(path);
    ASSERT_NE(found, ours.end()) << path;
    EXPECT_EQ(found->second.directory, !content) << path;
    if (!content) continue;
    EXPECT_EQ(data_by_icat(place, found->second.record), *content) << path;
  }
}

class NtfsRandom : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(NtfsRandom, ManyChangesLeaveWhatTheyShould) {
  if (!have_program("mkntfs") || !have_program("fls")) {
    GTEST_SKIP() << "no mkntfs or no sleuthkit here";
  }
  const char* given = std::getenv("DRYDOCK_SEED");
  unsigned seed = given != nullptr
                      ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                      : std::random_device()();
  SCOPED_TRACE("DRYDOCK_SEED=" + std::to_string(seed) + " repeats this");
  TempFolder folder;
  Place place{folder / "volume.raw"};
  ASSERT_TRUE(make_ntfs(place.file, 64 << 20, {"-c", std::to_string(GetParam())}));
  auto volume = ntfs::open(open_place(place, {.writable = true}), {.writable = true});
  ASSERT_TRUE(volume) << volume.error().describe();
  Changes changes(**volume, seed);
  for (int i = 0; i < 250 && !HasFatalFailure(); ++i) changes.step();
  ASSERT_TRUE((*volume)->flush());
  Place copy = copy_of(place);
  expect_sound(copy);
  auto again = ntfs::open(open_place(copy));
  ASSERT_TRUE(again);
  expect_equal(**again, copy, changes.model());
}

INSTANTIATE_TEST_SUITE_P(ClusterSizes, NtfsRandom, ::testing::Values(512, 4096, 65536));

}  // namespace
}  // namespace drydock
