#include "ntfs/ntfs/inode.h"

#include <fmt/format.h>

#include <cerrno>

#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// NTFS keeps two of its own bits above Windows' attributes: "is a directory"
// and "has a view index".
constexpr std::uint32_t kOwnBits = 0x3000'0000;

class Search {
 public:
  explicit Search(const Inode& inode)
      : context_(ntfs_attr_get_search_ctx(inode.get(), nullptr)) {}
  Search(const Search&) = delete;
  ~Search() {
    if (context_ != nullptr) ntfs_attr_put_search_ctx(context_);
  }
  ntfs_attr_search_ctx* get() { return context_; }

 private:
  ntfs_attr_search_ctx* context_;
};

FileTime file_time(ntfs_time time) { return static_cast<FileTime>(sle64_to_cpu(time)); }

std::u16string from_library(const ntfschar* name, std::size_t length) {
  return utf16le({reinterpret_cast<const std::byte*>(name), 2 * length});
}

std::vector<ntfschar> to_library(std::u16string_view name) {
  std::vector<ntfschar> units(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) units[i] = cpu_to_le16(name[i]);
  return units;
}

// The bytes of the attribute that `context` found, where they are resident and
// lie within their record.
Bytes resident_value(const ntfs_attr_search_ctx& context) {
  const ATTR_RECORD& found = *context.attr;
  if (found.non_resident != 0) return {};
  std::uint32_t offset = le16_to_cpu(found.value_offset);
  std::uint32_t length = le32_to_cpu(found.value_length);
  std::uint32_t whole = le32_to_cpu(found.length);
  if (offset > whole || length > whole - offset) return {};
  return {reinterpret_cast<const std::byte*>(&found) + offset, length};
}

}  // namespace

bool is_system(Reference file) {
  return file.record < kFirstUserRecord && file.record != kRootRecord;
}

Result<Inode> Inode::open(Mount& mount, Reference file) {
  ntfs_inode* opened = ntfs_inode_open(mount.volume(), file.record);
  if (opened == nullptr) {
    if (errno == ENOENT) {
      return Error(Errc::not_found,
                   fmt::format("record {} of $MFT isn't in use any more", file.record));
    }
    return mount.failure(fmt::format("reading record {} of $MFT", file.record));
  }
  Inode inode(mount, opened);
  if (file.sequence != 0 && inode.reference().sequence != file.sequence) {
    return Error(
        Errc::not_found,
        fmt::format("record {} of $MFT belongs to another file by now", file.record));
  }
  if (opened->mrec->base_mft_record != 0) {
    return Error(
        Errc::corrupt,
        fmt::format("record {} of $MFT is a part of another file's", file.record));
  }
  return inode;
}

Inode::~Inode() {
  if (inode_ != nullptr) ntfs_inode_close(inode_);
}

Done Inode::close() {
  ntfs_inode* closing = release();
  if (closing == nullptr) return {};
  std::uint64_t record = closing->mft_no;
  if (ntfs_inode_close(closing) == 0) return {};
  return mount_->failure(fmt::format("writing record {} of $MFT", record));
}

Reference Inode::reference() const {
  return {.record = inode_->mft_no,
          .sequence = le16_to_cpu(inode_->mrec->sequence_number)};
}

bool Inode::is_directory() const {
  return (inode_->mrec->flags & MFT_RECORD_IS_DIRECTORY) != 0;
}

std::uint32_t Inode::attributes() const {
  std::uint32_t bits = le32_to_cpu(inode_->flags) & ~kOwnBits;
  return is_directory() ? bits | attribute::directory : bits;
}

Result<std::optional<Attribute>> Attribute::open(const Inode& inode, std::uint32_t type,
                                                 std::u16string_view name) {
  std::vector<ntfschar> units = to_library(name);
  ntfs_attr* opened = ntfs_attr_open(
      inode.get(), static_cast<ATTR_TYPES>(cpu_to_le32(type)),
      name.empty() ? AT_UNNAMED : units.data(), static_cast<u32>(units.size()));
  if (opened != nullptr) return std::optional(Attribute(opened));
  if (errno == ENOENT) return std::optional<Attribute>();
  return inode.mount().failure(
      fmt::format("opening attribute {:#x} of record {}", type, inode.get()->mft_no));
}

Attribute::~Attribute() {
  if (attribute_ != nullptr) ntfs_attr_close(attribute_);
}

Result<std::vector<NameRecord>> names_of(const Inode& inode) {
  Search search(inode);
  if (search.get() == nullptr) return inode.mount().failure("reading its names");
  std::vector<NameRecord> names;
  while (ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, nullptr, 0,
                          search.get()) == 0) {
    Bytes value = resident_value(*search.get());
    auto found = load<FileName>(value);
    if (!found || 2u * found->length > value.size() - sizeof(FileName) ||
        found->space > 3) {
      return Error(Errc::corrupt, fmt::format("a name of record {} can't be believed",
                                              inode.get()->mft_no));
    }
    names.push_back(
        {.parent = Reference::unpack(found->parent),
         .name = utf16le(value.subspan(sizeof(FileName), 2u * found->length)),
         .space = static_cast<NameRecord::Space>(found->space)});
  }
  if (errno != ENOENT) return inode.mount().failure("reading its names");
  return names;
}

Result<std::uint32_t> reparse_tag_of(const Inode& inode) {
  if ((inode.attributes() & attribute::reparse_point) == 0) return 0u;
  auto point = TRY(Attribute::open(inode, le32_to_cpu(AT_REPARSE_POINT)));
  if (!point) return 0u;
  le32 tag;
  if (ntfs_attr_pread(point->get(), 0, sizeof tag, &tag) != sizeof tag) {
    return inode.mount().failure("reading its reparse point");
  }
  return std::uint32_t{tag};
}

Result<Stat> stat_of(const Inode& inode) {
  const ntfs_inode& from = *inode.get();
  Stat stat{.attributes = inode.attributes(),
            .created = file_time(from.creation_time),
            .modified = file_time(from.last_data_change_time),
            .changed = file_time(from.last_mft_change_time),
            .accessed = file_time(from.last_access_time),
            .id = inode.reference().pack(),
            .link_count = le16_to_cpu(from.mrec->link_count)};
  std::uint32_t tag = TRY(reparse_tag_of(inode));
  if (inode.is_directory()) stat.kind = FileKind::directory;
  // To Windows' own programs a file compressed by WOF is a file like any other.
  if (tag != 0 && tag != kWofTag) stat.kind = FileKind::reparse_point;
  if (!inode.is_directory() && from.data_size > 0) {
    stat.size = static_cast<std::uint64_t>(from.data_size);
  }
  if (test_nino_flag(&from, v3_Extensions)) {
    stat.security_id = le32_to_cpu(from.security_id);
  }
  // The record counts a file's 8.3 alias as one more link; Windows doesn't.
  if (stat.link_count > 1) {
    stat.link_count = 0;
    for (const NameRecord& name : TRY(names_of(inode))) {
      if (name.space != NameRecord::Space::dos) ++stat.link_count;
    }
  }
  return stat;
}

Result<std::optional<Reference>> look_up(const Inode& directory,
                                         std::u16string_view name) {
  if (!directory.is_directory() || name.empty()) return std::optional<Reference>();
  std::vector<ntfschar> units = to_library(name);
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

namespace {

// More names than any sound directory holds (WinSxS has some 30,000): at a
// hundred bytes each they still fit into memory.
constexpr std::size_t kDirectoryNamesMax = 4'000'000;

struct Listing {
  std::vector<IndexedName> names;
  bool overflowed = false;
};

int add_to_listing(void* into, const ntfschar* name, int length, int space, s64,
                   MFT_REF file, unsigned) {
  auto& listing = *static_cast<Listing*>(into);
  if (space == FILE_NAME_DOS || length <= 0) return 0;
  Reference reference = Reference::unpack(file);
  if (is_system(reference)) return 0;
  std::u16string text = from_library(name, static_cast<std::size_t>(length));
  if (text == u"." || text == u"..") return 0;
  if (listing.names.size() == kDirectoryNamesMax) {
    listing.overflowed = true;
    return -1;
  }
  listing.names.push_back({.name = to_utf8(text), .file = reference});
  return 0;
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

}  // namespace

Result<std::vector<IndexedName>> read_directory(const Inode& directory) {
  TRY(check_index_size(directory));
  Listing listing;
  s64 position = 0;
  int result = ntfs_readdir(directory.get(), &position, &listing, add_to_listing);
  if (listing.overflowed) {
    return Error(Errc::corrupt,
                 fmt::format("directory {} has more than {} names",
                             directory.get()->mft_no, kDirectoryNamesMax));
  }
  if (result == 0) return std::move(listing.names);
  return directory.mount().failure(
      fmt::format("listing directory {}", directory.get()->mft_no));
}

}  // namespace drydock::ntfs
