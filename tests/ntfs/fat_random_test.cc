// Random operations, held against a model that is a std::map, against fsck.fat
// after every so many, and against mtools at the end.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <random>

#include "ntfs/fat/volume.h"
#include "tests/ntfs/fat_images.h"

namespace drydock {
namespace {

constexpr int kOperations = 300;
constexpr int kOperationsPerCheck = 60;

class FatRandom : public FatVolume {
 protected:
  // What should be in the volume: as contents_of() gives it.
  Contents model_;
  std::mt19937_64 random_;

  std::size_t pick(std::size_t count) { return random_() % count; }

  std::string content() {
    std::size_t size = pick(4) == 0 ? pick(200'000) : pick(3000);
    std::string text(size, static_cast<char>('a' + pick(26)));
    for (std::size_t i = 0; i < size; i += 97)
      text[i] = static_cast<char>('A' + pick(26));
    return text;
  }

  std::string name() {
    static const std::vector<std::string> kStems{"A",     "Boot",        "bootmgfw.efi",
                                                 "größe", "a long name", "x.y.z"};
    std::string stem = kStems[pick(kStems.size())];
    return pick(2) == 0 ? stem : stem + std::to_string(pick(8));
  }

  // A folder that is there: "" or "D/E/".
  std::string folder() {
    std::vector<std::string> folders{""};
    for (const auto& [path, text] : model_) {
      if (text == "/" && std::ranges::count(path, '/') < 3)
        folders.push_back(path + "/");
    }
    return folders[pick(folders.size())];
  }

  std::string any_path() {
    if (model_.empty()) return "none";
    return std::next(model_.begin(), static_cast<std::ptrdiff_t>(pick(model_.size())))
        ->first;
  }

  bool has_children(const std::string& path) const {
    auto next = model_.upper_bound(path + "/");
    return next != model_.end() && next->first.starts_with(path + "/");
  }

  // Names match without regard to case; the model's are unlike in any case.
  bool is_taken(const std::string& path) const { return model_.contains(path); }

  void put(FileSystem& volume) {
    std::string path = folder() + name();
    if (is_taken(path) && model_[path] == "/") return;
    std::string text = content();
    ASSERT_EQ(describe(volume.put(path, bytes_of(text))), "fine") << path;
    model_[path] = text;
  }

  void make_directory(FileSystem& volume) {
    std::string path = folder() + name();
    bool taken = is_taken(path);
    ASSERT_EQ(bool(volume.create_directory(path)), !taken) << path;
    if (!taken) model_[path] = "/";
  }

  void remove(FileSystem& volume) {
    std::string path = any_path();
    bool can = is_taken(path) && !has_children(path);
    ASSERT_EQ(bool(volume.remove(path)), can) << path;
    if (can) model_.erase(path);
  }

  void rename(FileSystem& volume) {
    std::string from = any_path();
    std::string to = folder() + name();
    bool inside = to.starts_with(from + "/");
    bool can = is_taken(from) && !inside && (!is_taken(to) || from == to);
    ASSERT_EQ(bool(volume.rename(from, to)), can) << from << " to " << to;
    if (!can || from == to) return;
    Contents moved;
    for (auto item = model_.begin(); item != model_.end();) {
      bool of_it = item->first == from || item->first.starts_with(from + "/");
      if (of_it) moved[to + item->first.substr(from.size())] = item->second;
      item = of_it ? model_.erase(item) : std::next(item);
    }
    model_.merge(moved);
  }

  void edit_data(FileSystem& volume) {
    std::string path = any_path();
    if (!is_taken(path) || model_[path] == "/") return;
    std::string& text = model_[path];
    DevicePtr data = *volume.find(path)->data();
    if (pick(2) == 0) {
      text.resize(pick(20'000), '\0');
      ASSERT_EQ(describe(data->resize(text.size())), "fine");
    } else if (!text.empty()) {
      std::size_t at = pick(text.size());
      std::string part = content().substr(0, text.size() - at);
      text.replace(at, part.size(), part);
      ASSERT_EQ(describe(data->write(at, bytes_of(part))), "fine");
    }
  }

  void step(FileSystem& volume) {
    switch (pick(8)) {
      case 0:
        return make_directory(volume);
      case 1:
      case 2:
        return remove(volume);
      case 3:
        return rename(volume);
      case 4:
        return edit_data(volume);
      default:
        return put(volume);
    }
  }

  void run_from(std::uint64_t seed) {
    random_.seed(seed);
    FileSystemPtr volume = open();
    for (int i = 1; i <= kOperations && !HasFatalFailure(); ++i) {
      step(*volume);
      if (i % kOperationsPerCheck != 0) continue;
      ASSERT_EQ(fsck(), "clean") << "after operation " << i;
      ASSERT_EQ(contents_of(*volume), model_) << "after operation " << i;
      volume = open();
      ASSERT_EQ(contents_of(*volume), model_) << "after operation " << i;
    }
    for (const auto& [path, text] : model_) {
      if (text == "/" || text.find('\0') != std::string::npos) continue;
      ASSERT_EQ(mtype("/" + path), text) << path;
    }
  }
};

TEST_F(FatRandom, OperationsLeaveWhatTheModelSays) {
  SCOPED_TRACE("seed 1");
  run_from(1);
}

TEST_F(FatRandom, OperationsOfANewSeedLeaveWhatTheModelSays) {
  std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  run_from(seed);
}

// Nearly as many clusters as the kinds may have, so that tables are at their longest.
TEST_F(FatRandom, OperationsOnFat12LeaveWhatTheModelSays) {
  format(15 << 20, {"-F", "12", "-s", "8"});
  SCOPED_TRACE("seed 1");
  run_from(1);
}

TEST_F(FatRandom, OperationsOnFat16LeaveWhatTheModelSays) {
  format(31 << 20, {"-F", "16", "-s", "1"});
  SCOPED_TRACE("seed 1");
  run_from(1);
}

TEST_F(FatRandom, OperationsOfANewSeedOnFat12LeaveWhatTheModelSays) {
  format(15 << 20, {"-F", "12", "-s", "8"});
  std::uint64_t seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  run_from(seed);
}

}  // namespace
}  // namespace drydock
