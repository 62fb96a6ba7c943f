#include "ntfs/ntfs/inode.h"

#include <fmt/format.h>

#include <cerrno>

#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "ntfs/ntfs/reparse.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// NTFS keeps two of its own bits above Windows' attributes: "is a directory"
// and "has a view index".
constexpr std::uint32_t kOwnBits = 0x3000'0000;

FileTime file_time(ntfs_time time) { return static_cast<FileTime>(sle64_to_cpu(time)); }

}  // namespace

Search::Search(const Inode& inode)
    : context_(ntfs_attr_get_search_ctx(inode.get(), nullptr)) {}

Search::~Search() {
  if (context_ != nullptr) ntfs_attr_put_search_ctx(context_);
}

Bytes resident_value(const ntfs_attr_search_ctx& context) {
  const ATTR_RECORD& found = *context.attr;
  if (found.non_resident != 0) return {};
  std::uint32_t offset = le16_to_cpu(found.value_offset);
  std::uint32_t length = le32_to_cpu(found.value_length);
  std::uint32_t whole = le32_to_cpu(found.length);
  if (offset > whole || length > whole - offset) return {};
  return {reinterpret_cast<const std::byte*>(&found) + offset, length};
}

bool is_system(Reference file) {
  return file.record < kFirstUserRecord && file.record != kRootRecord;
}

std::vector<std::uint16_t> to_library(std::u16string_view name) {
  static_assert(std::is_same_v<ntfschar, std::uint16_t>);
  std::vector<std::uint16_t> units(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) units[i] = cpu_to_le16(name[i]);
  return units;
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

void Inode::clear_attributes(std::uint32_t bits) { set_attributes(0, bits); }

void Inode::set_attributes(std::uint32_t bits, std::uint32_t mask) {
  inode_->flags = static_cast<FILE_ATTR_FLAGS>((le32_to_cpu(inode_->flags) & ~mask) |
                                               (bits & mask));
  ntfs_inode_mark_dirty(inode_);
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
  std::vector<std::uint16_t> units = to_library(name);
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

Result<OpenData> open_data(Mount& mount, const StreamReference& stream) {
  Inode inode = TRY(Inode::open(mount, stream.file));
  auto data = TRY(Attribute::open(inode, le32_to_cpu(AT_DATA), stream.name));
  if (!data) {
    return Error(Errc::corrupt,
                 fmt::format("record {} of $MFT has no data stream \"{}\"",
                             stream.file.record, to_utf8(stream.name)));
  }
  return OpenData{std::move(inode), std::move(*data), stream.name};
}

Done close(OpenData file) {
  Inode inode = std::move(file.inode);
  { Attribute data = std::move(file.data); }  // goes before its inode
  return inode.close();
}

Done check_ours(const Inode& inode) {
  if (!is_system(inode.reference()) &&
      (inode.get()->mrec->flags & MFT_RECORD_IS_4) == 0) {
    return {};
  }
  return Error(Errc::bad_argument, fmt::format("record {} of $MFT is one of NTFS's own",
                                               inode.get()->mft_no));
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

Result<std::u16string> stream_as_written(const Inode& inode,
                                         std::u16string_view asked) {
  if (asked.empty() || TRY(Attribute::open(inode, le32_to_cpu(AT_DATA), asked))) {
    return std::u16string(asked);
  }
  Search search(inode);
  if (search.get() == nullptr) return inode.mount().failure("reading its streams");
  const ntfs_volume& volume = *inode.mount().volume();
  std::vector<std::uint16_t> units = to_library(asked);
  while (ntfs_attr_lookup(AT_DATA, nullptr, 0, CASE_SENSITIVE, 0, nullptr, 0,
                          search.get()) == 0) {
    const ATTR_RECORD& data = *search.get()->attr;
    std::size_t offset = le16_to_cpu(data.name_offset);
    std::size_t length = data.name_length;
    if (offset + 2 * length > le32_to_cpu(data.length)) continue;
    std::u16string name =
        utf16le({reinterpret_cast<const std::byte*>(&data) + offset, 2 * length});
    std::vector<std::uint16_t> written = to_library(name);
    if (ntfs_names_are_equal(units.data(), units.size(), written.data(), written.size(),
                             IGNORE_CASE, volume.upcase, volume.upcase_len)) {
      return name;
    }
  }
  if (errno != ENOENT) return inode.mount().failure("reading its streams");
  return std::u16string(asked);
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

}  // namespace drydock::ntfs
