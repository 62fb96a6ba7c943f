#include "ntfs/ntfs/directory.h"

#include <fmt/format.h>

#include <cerrno>

#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

std::string from_library(const ntfschar* name, std::size_t length) {
  return utf8_from_utf16le({reinterpret_cast<const std::byte*>(name), 2 * length});
}

// More names than any sound directory holds (WinSxS has some 30,000): at a
// hundred bytes each they still fit into memory.
constexpr std::size_t kDirectoryNamesMax = 4'000'000;

struct Visiting {
  const VisitIndexed& visit;
  std::size_t count = 0;
  bool stopped = false;
};

FileKind kind_of(unsigned type) {
  if (type == NTFS_DT_DIR) return FileKind::directory;
  return type == NTFS_DT_REPARSE ? FileKind::reparse_point : FileKind::file;
}

int visit_name(void* into, const ntfschar* name, int length, int space, s64,
               MFT_REF file, unsigned type) {
  auto& visiting = *static_cast<Visiting*>(into);
  if (space == FILE_NAME_DOS || length <= 0) return 0;
  Reference reference = Reference::unpack(file);
  if (is_system(reference)) return 0;
  std::string text = from_library(name, static_cast<std::size_t>(length));
  if (text == "." || text == "..") return 0;
  if (visiting.count++ == kDirectoryNamesMax) return -1;
  visiting.stopped = !visiting.visit(
      {.name = std::move(text), .file = reference, .kind = kind_of(type)});
  return visiting.stopped ? -1 : 0;
}

// The library walks the index's bitmap bit by bit, and holes in it too, so a
// bitmap larger than its index would keep it for years.
Done check_index_size(const Inode& directory) {
  constexpr std::u16string_view kIndexName = u"$I30";
  auto bitmap = TRY(Attribute::open(directory, le32_to_cpu(AT_BITMAP), kIndexName));
  auto blocks =
      TRY(Attribute::open(directory, le32_to_cpu(AT_INDEX_ALLOCATION), kIndexName));
  if (!bitmap || !blocks) return {};
  auto index_size = static_cast<std::uint64_t>(blocks->get()->data_size);
  auto bitmap_size = static_cast<std::uint64_t>(bitmap->get()->data_size);
  if (index_size > directory.mount().boot_sector().volume_size ||
      bitmap_size > index_size / 512 / 8 + 8) {
    return Error(
        Errc::corrupt,
        fmt::format("directory {} has an index of {} bytes with a bitmap of {}",
                    directory.get()->mft_no, index_size, bitmap_size));
  }
  return {};
}

// Enough to tell the custom of a directory by.
constexpr std::size_t kFirstFilesMax = 8;

struct Sampling {
  unsigned type;
  std::vector<Reference> files;
};

int add_to_sampling(void* into, const ntfschar* name, int length, int space, s64,
                    MFT_REF file, unsigned type) {
  auto& sampling = *static_cast<Sampling*>(into);
  Reference reference = Reference::unpack(file);
  bool dots = length <= 2 && name[0] == const_cpu_to_le16('.');
  if (space == FILE_NAME_DOS || dots || is_system(reference)) return 0;
  if (type == sampling.type) sampling.files.push_back(reference);
  return sampling.files.size() == kFirstFilesMax ? -1 : 0;
}

}  // namespace

Result<std::optional<Reference>> look_up(const Inode& directory,
                                         std::u16string_view name) {
  if (!directory.is_directory() || name.empty()) return std::optional<Reference>();
  std::vector<std::uint16_t> units = to_library(name);
  ntfs_volume* volume = directory.mount().volume();
  auto attempt = [&] {
    return ntfs_inode_lookup_by_name(directory.get(), units.data(),
                                     static_cast<int>(units.size()));
  };
  // The index is in an order that ignores case first.  Of names that differ in
  // nothing else, as a directory may hold that Linux programs use, the one that
  // is meant must win.
  constexpr u64 kNone = static_cast<u64>(-1);
  NVolSetCaseSensitive(volume);
  u64 found = attempt();
  if (found == kNone && errno == ENOENT) {
    NVolClearCaseSensitive(volume);
    found = attempt();
    NVolSetCaseSensitive(volume);
  }
  if (found != kNone) return std::optional(Reference::unpack(found));
  if (errno == ENOENT) return std::optional<Reference>();
  return directory.mount().failure(
      fmt::format("looking into directory {}", directory.get()->mft_no));
}

Done visit_directory(const Inode& directory, const VisitIndexed& visit) {
  TRY(check_index_size(directory));
  Visiting visiting{visit};
  s64 position = 0;
  int result = ntfs_readdir(directory.get(), &position, &visiting, visit_name);
  if (result == 0 || visiting.stopped) return {};
  if (visiting.count > kDirectoryNamesMax) {
    return Error(Errc::corrupt,
                 fmt::format("directory {} has more than {} names",
                             directory.get()->mft_no, kDirectoryNamesMax));
  }
  return directory.mount().failure(
      fmt::format("listing directory {}", directory.get()->mft_no));
}

Result<std::deque<IndexedName>> read_directory(const Inode& directory) {
  std::deque<IndexedName> names;
  TRY(visit_directory(directory, [&names](IndexedName&& name) {
    names.push_back(std::move(name));
    return true;
  }));
  return names;
}

Result<std::vector<Reference>> first_files(const Inode& directory, Kind kind) {
  TRY(check_index_size(directory));
  Sampling sampling{kind == Kind::directory ? unsigned{NTFS_DT_DIR} : NTFS_DT_REG, {}};
  s64 position = 0;
  int result = ntfs_readdir(directory.get(), &position, &sampling, add_to_sampling);
  if (result == 0 || sampling.files.size() == kFirstFilesMax) {
    return std::move(sampling.files);
  }
  return directory.mount().failure(
      fmt::format("listing directory {}", directory.get()->mft_no));
}

}  // namespace drydock::ntfs
