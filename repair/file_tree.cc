#include "repair/file_tree.h"

#include <fmt/format.h>

#include <set>
#include <utility>
#include <vector>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

// Of a directory tree that a stranger's disk may hold.
constexpr std::size_t kFolderDepthMax = 256;
// A folder whose names are being gone through.
struct Level {
  std::string path;
  std::string below;
  std::vector<Entry> entries;
  std::size_t next = 0;
};

Result<std::vector<Entry>> entries_of(const FileSystem& volume, const File& folder) {
  std::vector<Entry> entries;
  TRY(volume.list(folder, [&](const Entry& entry) {
    entries.push_back(entry);
    return true;
  }));
  return entries;
}

class TreeWalk {
 public:
  TreeWalk(const FileSystem& volume, const std::function<void(const Error&)>& problem)
      : volume_(volume), problem_(problem) {}

  // Begins with the names in `folder`.
  void enter(const File& folder, std::string path, std::string below);
  void enter(const BelowFolder& found);
  // The folder that is being gone through; null at the end of all.
  Level* level();

 private:
  const FileSystem& volume_;
  const std::function<void(const Error&)>& problem_;
  std::vector<Level> levels_;
  std::set<std::uint64_t> seen_;  // folders, by their ids
};

void TreeWalk::enter(const File& folder, std::string path, std::string below) {
  auto refuse = [&](std::string words) {
    problem_(Error(Errc::corrupt, std::move(words)).in(path));
  };
  if (levels_.size() == kFolderDepthMax) {
    return refuse(fmt::format("folders are nested deeper than {}", kFolderDepthMax));
  }
  if (!seen_.insert(folder.stat().id).second) {
    return refuse("this folder is in more than one place");
  }
  auto entries = entries_of(volume_, folder);
  if (!entries) return problem_(std::move(entries).error().in(path));
  levels_.push_back({std::move(path), std::move(below), std::move(*entries)});
}

void TreeWalk::enter(const BelowFolder& found) {
  auto folder = volume_.find(found.path);
  if (!folder) return problem_(folder.error());
  enter(*folder, found.path, found.below);
}

Level* TreeWalk::level() {
  while (!levels_.empty() && levels_.back().next == levels_.back().entries.size()) {
    levels_.pop_back();
  }
  return levels_.empty() ? nullptr : &levels_.back();
}

}  // namespace

std::string join(const std::string& folder, const std::string& name) {
  return folder.ends_with('\\') ? folder + name : folder + '\\' + name;
}

bool is_within(const std::string& path, const std::string& folder) {
  std::string lower = ascii_lower(path) + '\\';
  return lower.starts_with(ascii_lower(join(folder, "")));
}

Done walk_tree(const FileSystem& volume, const File& folder, const std::string& path,
               const std::function<Done(const BelowFolder&)>& visit,
               const std::function<void(const Error&)>& problem) {
  TreeWalk walk(volume, problem);
  walk.enter(folder, path, "");
  while (Level* level = walk.level()) {
    Entry entry = std::move(level->entries[level->next++]);
    std::string below =
        level->below.empty() ? entry.name : level->below + '\\' + entry.name;
    BelowFolder found{entry, join(level->path, entry.name), std::move(below)};
    TRY(visit(found));
    if (entry.stat.kind == FileKind::directory) walk.enter(found);
  }
  return {};
}

}  // namespace drydock::repair
