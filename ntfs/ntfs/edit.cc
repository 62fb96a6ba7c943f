#include "ntfs/ntfs/edit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ntfs/ntfs/directory.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "ntfs/ntfs/name.h"
#include "ntfs/ntfs/path.h"
#include "ntfs/ntfs/stamp.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// POSIX's S_IFREG and S_IFDIR, in which the library is told what to make.
constexpr mode_t kFileMode = 0100000;
constexpr mode_t kDirectoryMode = 0040000;

// What a program in Windows may set; the rest says how a file is kept.
constexpr std::uint32_t kSettableAttributes =
    attribute::read_only | attribute::hidden | attribute::system | attribute::archive |
    attribute::temporary | attribute::offline | attribute::not_content_indexed;

// A directory that names can be made in.
Done check_directory(const Inode& directory) {
  TRY(check_ours(directory));
  if ((directory.attributes() & attribute::reparse_point) == 0) return {};
  return Error(Errc::bad_argument,
               "this directory is a reparse point: what is in it is elsewhere");
}

// The security id that new files, or directories, get in `directory`: that of
// most of the first of its kind there; else the directory's own.  0 where that
// has none, as on a volume that mkntfs made.
Result<std::uint32_t> security_id_for(Mount& mount, Reference directory, Kind kind) {
  Inode inode = TRY(Inode::open(mount, directory));
  std::uint32_t own = 0;
  if (test_nino_flag(inode.get(), v3_Extensions)) {
    own = le32_to_cpu(inode.get()->security_id);
  }
  auto siblings = TRY(first_files(inode, kind));
  TRY(inode.close());
  std::map<std::uint32_t, unsigned> votes;
  for (Reference sibling : siblings) {
    auto opened = Inode::open(mount, sibling);
    if (!opened || !test_nino_flag(opened->get(), v3_Extensions)) continue;
    if (std::uint32_t id = le32_to_cpu(opened->get()->security_id)) ++votes[id];
  }
  if (votes.empty()) return own;
  return std::ranges::max_element(votes, {},
                                  [](const auto& vote) { return vote.second; })
      ->first;
}

Error taken() { return Error(Errc::bad_argument, "this name is taken"); }

Done check_no_stream(const Spot& spot) {
  if (spot.stream.empty()) return {};
  return Error(Errc::bad_argument, "this names a stream of a file, and not a file");
}

Error missing() { return Error(Errc::not_found, "there is no such file"); }

// The name under which `directory` has `file`, as it's written there: the one
// that was asked for by its alias, or in another case.
Result<std::u16string> name_as_written(Mount& mount, const Spot& spot) {
  Inode inode = TRY(Inode::open(mount, *spot.file));
  const ntfs_volume& volume = *mount.volume();
  std::vector<std::uint16_t> asked = to_library(spot.name);
  for (const NameRecord& name : TRY(names_of(inode))) {
    if (name.parent.record != spot.directory().record) continue;
    std::vector<std::uint16_t> written = to_library(name.name);
    if (ntfs_names_are_equal(asked.data(), asked.size(), written.data(), written.size(),
                             IGNORE_CASE, volume.upcase, volume.upcase_len)) {
      return name.name;
    }
  }
  return Error(
      Errc::corrupt,
      fmt::format("record {} doesn't bear the name that its directory gives it",
                  spot.file->record));
}

Done check_removable(Mount& mount, Reference file) {
  Inode inode = TRY(Inode::open(mount, file));
  TRY(check_ours(inode));
  if (!inode.is_directory()) return {};
  if (!TRY(read_directory(inode)).empty()) {
    return Error(Errc::bad_argument, "this directory isn't empty");
  }
  return {};
}

// Takes one name, and its alias, from a file, and the file too when that was
// its last.
Done unlink(Mount& mount, const Spot& spot, std::u16string_view name) {
  std::vector<std::uint16_t> units = to_library(name);
  Inode inode = TRY(Inode::open(mount, *spot.file));
  Inode directory = TRY(Inode::open(mount, spot.directory()));
  // Closes both.
  if (ntfs_delete(mount.volume(), nullptr, inode.release(), directory.release(),
                  units.data(), static_cast<u8>(units.size())) != 0) {
    return mount.failure(fmt::format("removing the name \"{}\"", to_utf8(name)));
  }
  return stamp_directory(mount, spot.directory());
}

Done add_name(Mount& mount, Reference file, Reference in, std::u16string_view name) {
  std::vector<std::uint16_t> units = to_library(name);
  Inode inode = TRY(Inode::open(mount, file));
  Inode directory = TRY(Inode::open(mount, in));
  if (ntfs_link(inode.get(), directory.get(), units.data(),
                static_cast<u8>(units.size())) != 0) {
    return mount.failure(fmt::format("adding the name \"{}\"", to_utf8(name)));
  }
  stamp_modified(directory);
  TRY(directory.close());
  return inode.close();
}

// A name that nothing in `directory` has, for the step between two names that
// differ in case only.
Result<std::u16string> passing_name(Mount& mount, Reference directory) {
  Inode inode = TRY(Inode::open(mount, directory));
  for (unsigned number = 0;; ++number) {
    std::u16string name = *to_utf16(fmt::format("drydock-{}.tmp", number));
    if (!TRY(look_up(inode, name))) return name;
  }
}

}  // namespace

Result<Reference> make(Mount& mount, const Spot& spot, Kind kind) {
  TRY(check_name(spot.name));
  std::uint32_t security = TRY(security_id_for(mount, spot.directory(), kind));
  Inode directory = TRY(Inode::open(mount, spot.directory()));
  TRY(check_directory(directory));
  std::vector<std::uint16_t> units = to_library(spot.name);
  // What is made in a compressed directory is left uncompressed, unlike Windows
  // does it: boot loaders read it too.
  NVolClearCompression(mount.volume());
  ntfs_inode* made = ntfs_create(directory.get(), cpu_to_le32(security), units.data(),
                                 static_cast<u8>(units.size()),
                                 kind == Kind::directory ? kDirectoryMode : kFileMode);
  NVolSetCompression(mount.volume());
  if (made == nullptr) return mount.failure("creating it");
  Inode inode(mount, made);
  Reference file = inode.reference();
  // The library marks directories for archiving as well; Windows doesn't.
  if (kind == Kind::directory) inode.clear_attributes(attribute::archive);
  TRY(stamp_new(inode));
  // The directory goes first: closing the file updates what is in its index.
  TRY(directory.close());
  TRY(inode.close());
  TRY(give_short_name(mount, spot.directory(), file, spot.name));
  inode = TRY(Inode::open(mount, file));
  TRY(stamp_new(inode));
  TRY(inode.close());
  TRY(stamp_directory(mount, spot.directory()));
  return file;
}

Result<Reference> create(Mount& mount, std::string_view path, Kind kind) {
  TRY(mount.begin_change());
  Spot spot = TRY(find_spot(mount, path));
  if (spot.file && spot.stream.empty()) return taken();
  TRY(check_no_stream(spot));
  return make(mount, spot, kind);
}

Done remove(Mount& mount, std::string_view path) {
  TRY(mount.begin_change());
  Spot spot = TRY(find_spot(mount, path));
  if (!spot.file) return missing();
  if (!spot.stream.empty()) {
    return remove_stream(mount, {.file = *spot.file, .name = spot.stream});
  }
  TRY(check_removable(mount, *spot.file));
  std::u16string name = TRY(name_as_written(mount, spot));
  TRY(unlink(mount, spot, name));
  auto left = Inode::open(mount, *spot.file);
  if (left) {  // It has other links.
    TRY(stamp_renamed(*left, spot.directory()));
    return left->close();
  }
  if (left.error().code() != Errc::not_found) return std::move(left).error();
  mount.tell_removed(*spot.file);
  return {};
}

Done rename(Mount& mount, std::string_view from, std::string_view to) {
  TRY(mount.begin_change());
  Spot source = TRY(find_spot(mount, from).in(from));
  if (!source.file) return missing().in(from);
  Spot target = TRY(find_spot(mount, to).in(to));
  TRY(check_no_stream(source).in(from));
  TRY(check_no_stream(target).in(to));
  bool same_directory = source.directory() == target.directory();
  bool same_file = same_directory && target.file == source.file;
  if (target.file && !same_file) return taken().in(to);
  TRY(check_name(target.name));
  if (std::ranges::find(target.way, *source.file) != target.way.end()) {
    return Error(Errc::bad_argument, "a directory can't be moved into itself");
  }
  {
    Inode inode = TRY(Inode::open(mount, *source.file));
    TRY(check_ours(inode));
  }
  {
    Inode inode = TRY(Inode::open(mount, target.directory()));
    TRY(check_directory(inode));
  }
  std::u16string old_name = TRY(name_as_written(mount, source));
  if (same_file && old_name == target.name) return {};
  if (same_file) {
    std::u16string between = TRY(passing_name(mount, source.directory()));
    TRY(add_name(mount, *source.file, source.directory(), between));
    TRY(unlink(mount, source, old_name));
    old_name = between;
  }
  TRY(add_name(mount, *source.file, target.directory(), target.name));
  TRY(unlink(mount, source, old_name));
  TRY(give_short_name(mount, target.directory(), *source.file, target.name));
  Inode inode = TRY(Inode::open(mount, *source.file));
  TRY(stamp_renamed(inode, target.directory()));
  TRY(inode.close());
  return stamp_directory(mount, target.directory());
}

Done link(Mount& mount, std::string_view from, std::string_view to) {
  TRY(mount.begin_change());
  Spot source = TRY(find_spot(mount, from).in(from));
  if (!source.file) return missing().in(from);
  TRY(check_no_stream(source).in(from));
  Spot target = TRY(find_spot(mount, to).in(to));
  TRY(check_no_stream(target).in(to));
  if (target.file) return taken().in(to);
  TRY(check_name(target.name).in(to));
  {
    Inode inode = TRY(Inode::open(mount, *source.file));
    TRY(check_ours(inode));
    if (inode.is_directory()) {
      return Error(Errc::bad_argument, "a directory has one name").in(from);
    }
  }
  {
    Inode inode = TRY(Inode::open(mount, target.directory()));
    TRY(check_directory(inode));
  }
  TRY(add_name(mount, *source.file, target.directory(), target.name));
  Inode inode = TRY(Inode::open(mount, *source.file));
  TRY(stamp_renamed(inode, target.directory()));
  TRY(inode.close());
  return stamp_directory(mount, target.directory());
}

Done set_stat(Mount& mount, std::string_view path, const Stat& stat) {
  TRY(mount.begin_change());
  StreamReference file = TRY(resolve(mount, path));
  Inode inode = TRY(Inode::open(mount, file.file));
  TRY(check_ours(inode));
  inode.set_attributes(stat.attributes, kSettableAttributes);
  set_times(inode, stat);
  return inode.close();
}

}  // namespace drydock::ntfs
