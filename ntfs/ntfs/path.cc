#include "ntfs/ntfs/path.h"

#include <fmt/format.h>

#include "ntfs/file_system.h"
#include "ntfs/ntfs/directory.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/mount.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

Result<std::vector<Reference>> walk(Mount& mount,
                                    const std::vector<std::string>& names) {
  Inode at = TRY(Inode::open(mount, {.record = kRootRecord}));
  std::vector<Reference> way{at.reference()};
  for (const std::string& name : names) {
    auto units = to_utf16(name);
    std::optional<Reference> next;
    if (units) next = TRY(look_up(at, *units).in(name));
    if (!next) return Error(Errc::not_found, fmt::format("there is no \"{}\"", name));
    // A hostile directory may hold itself, and no inode may be open twice.
    TRY(at.close());
    at = TRY(Inode::open(mount, *next).in(name));
    way.push_back(at.reference());
  }
  return way;
}

Result<Spot> find_spot(Mount& mount, std::string_view path) {
  auto names = TRY(split_path(path));
  if (names.empty()) {
    return Error(Errc::bad_argument, "the root can't be made, moved or removed");
  }
  std::string last = std::move(names.back());
  names.pop_back();
  Spot spot{.way = TRY(walk(mount, names)), .name = {}, .file = {}};
  Inode directory = TRY(Inode::open(mount, spot.directory()));
  if (!directory.is_directory()) {
    return Error(Errc::not_found, fmt::format("\"{}\" isn't a directory",
                                              names.empty() ? "" : names.back()));
  }
  auto units = to_utf16(last);
  if (!units) return Error(Errc::bad_argument, "the name isn't UTF-8");
  spot.name = *units;
  spot.file = TRY(look_up(directory, spot.name));
  return spot;
}

}  // namespace drydock::ntfs
