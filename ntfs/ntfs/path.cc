#include "ntfs/ntfs/path.h"

#include <fmt/format.h>

#include "ntfs/file_system.h"
#include "ntfs/ntfs/directory.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/mount.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// "a.txt:b" or "a.txt:b:$DATA" in two.
struct StreamName {
  std::string file;
  std::u16string stream;
};

bool names_stream(std::string_view name) {
  return name.find(':') != std::string_view::npos;
}

Result<StreamName> split_stream(std::string_view name) {
  constexpr std::string_view kDataType = "$data";
  std::size_t colon = name.find(':');
  std::string_view stream = name.substr(colon + 1);
  std::size_t second = stream.find(':');
  if (second != std::string_view::npos) {
    if (ascii_lower(stream.substr(second + 1)) != kDataType) {
      return Error(Errc::bad_argument,
                   fmt::format("\"{}\" names an attribute that isn't data", name));
    }
    stream = stream.substr(0, second);
  }
  auto units = to_utf16(stream);
  if (!units) return Error(Errc::bad_argument, "the stream's name isn't UTF-8");
  return StreamName{.file = std::string(name.substr(0, colon)), .stream = *units};
}

}  // namespace

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

Result<StreamReference> resolve(Mount& mount, std::string_view path) {
  auto names = TRY(split_path(path));
  auto way = walk(mount, names);
  if (way) return StreamReference{.file = way->back(), .name = {}};
  bool missing = way.error().code() == Errc::not_found;
  if (!missing || names.empty() || !names_stream(names.back())) {
    return std::move(way).error();
  }
  StreamName parts = TRY(split_stream(names.back()));
  names.back() = parts.file;
  StreamReference stream{.file = TRY(walk(mount, names)).back(), .name = {}};
  Inode inode = TRY(Inode::open(mount, stream.file));
  stream.name = TRY(stream_as_written(inode, parts.stream));
  return stream;
}

Result<Spot> find_spot(Mount& mount, std::string_view path) {
  auto names = TRY(split_path(path));
  if (names.empty()) {
    return Error(Errc::bad_argument, "the root can't be made, moved or removed");
  }
  std::string last = std::move(names.back());
  names.pop_back();
  Spot spot;
  spot.way = TRY(walk(mount, names));
  Inode directory = TRY(Inode::open(mount, spot.directory()));
  if (!directory.is_directory()) {
    return Error(Errc::not_found, fmt::format("\"{}\" isn't a directory",
                                              names.empty() ? "" : names.back()));
  }
  auto units = to_utf16(last);
  if (!units) return Error(Errc::bad_argument, "the name isn't UTF-8");
  spot.name = *units;
  spot.file = TRY(look_up(directory, spot.name));
  if (spot.file || !names_stream(last)) return spot;
  StreamName parts = TRY(split_stream(last));
  spot.name = *to_utf16(parts.file);
  spot.stream = std::move(parts.stream);
  spot.file = TRY(look_up(directory, spot.name));
  if (!spot.file) return spot;
  TRY(directory.close());
  Inode inode = TRY(Inode::open(mount, *spot.file));
  spot.stream = TRY(stream_as_written(inode, spot.stream));
  return spot;
}

}  // namespace drydock::ntfs
