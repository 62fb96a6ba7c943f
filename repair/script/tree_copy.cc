#include "repair/script/tree_copy.h"

#include <algorithm>
#include <utility>

#include "repair/file_tree.h"
#include "vhd/base/try.h"

namespace drydock::script {

using repair::Disk;
using repair::GuestPath;

namespace {

constexpr FileTime kFatTick = 20'000'000;  // 2 seconds

}  // namespace

Result<std::vector<TreeItem>> items_in(Machine& machine, const GuestPath& folder,
                                       Depth depth) {
  std::vector<Named> names = depth == Depth::all
                                 ? TRY(names_below(machine, folder))
                                 : TRY(names_in(*TRY(machine.disk()), folder));
  std::size_t own = repair::join(folder.path, "").size();
  std::vector<TreeItem> items;
  for (Named& named : names) {
    std::string path = named.path.path.substr(own);
    items.push_back({.named = std::move(named), .below = std::move(path)});
  }
  return items;
}

GuestPath below(const GuestPath& folder, const std::string& path) {
  return {.partition = folder.partition, .path = repair::join(folder.path, path)};
}

Done check_not_cyclic(const GuestPath& source, const GuestPath& target) {
  if (source.partition != target.partition ||
      !repair::is_within(target.path, source.path)) {
    return {};
  }
  return Error(Errc::bad_argument, "a folder isn't copied into itself");
}

Result<FileTime> tick_between(const Disk& disk, const GuestPath& a,
                              const GuestPath& b) {
  for (std::uint32_t partition : {a.partition, b.partition}) {
    std::string file_system = TRY(disk.file_system(partition));
    if (file_system != "ntfs") return kFatTick;
  }
  return FileTime{0};
}

bool is_in_any(const GuestPath& path, const std::vector<GuestPath>& folders) {
  return std::ranges::any_of(folders, [&](const GuestPath& folder) {
    return folder.partition == path.partition &&
           repair::is_within(path.path, folder.path);
  });
}

}  // namespace drydock::script
