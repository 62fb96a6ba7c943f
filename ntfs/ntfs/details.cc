#include "ntfs/ntfs/details.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "ntfs/ntfs/data_device.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "ntfs/ntfs/reparse.h"
#include "ntfs/ntfs/security.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// Of the directories above a file: Windows' own paths have 32,767 letters, each
// of which may be a name.  A hostile directory may lie in itself.
constexpr std::size_t kPathDepthMax = 512;
// A record's names and streams are in attributes, of which no honest file has
// more: Windows lets a file have 1,024 links.
constexpr std::size_t kAttributeCountMax = 65'536;

// As the record has it: with what lies in other records too.
struct DataFacts {
  std::u16string name;
  bool resident = false;
  std::uint16_t flags = 0;
  std::uint64_t size = 0;
  std::uint64_t allocated = 0;
};

DataFacts facts_of(const ATTR_RECORD& data) {
  DataFacts facts{
      .name = {}, .resident = data.non_resident == 0, .flags = le16_to_cpu(data.flags)};
  if (facts.resident) {
    facts.size = le32_to_cpu(data.value_length);
    return facts;
  }
  bool holes = (data.flags & (ATTR_IS_COMPRESSED | ATTR_IS_SPARSE)) != 0;
  facts.size = static_cast<std::uint64_t>(sle64_to_cpu(data.data_size));
  facts.allocated = static_cast<std::uint64_t>(
      sle64_to_cpu(holes ? data.compressed_size : data.allocated_size));
  return facts;
}

Result<std::vector<DataFacts>> streams_of(const Inode& inode) {
  Search search(inode);
  if (search.get() == nullptr) return inode.mount().failure("reading its streams");
  std::vector<DataFacts> streams;
  while (ntfs_attr_lookup(AT_DATA, nullptr, 0, CASE_SENSITIVE, 0, nullptr, 0,
                          search.get()) == 0) {
    const ATTR_RECORD& data = *search.get()->attr;
    // The rest of one that lies in several records.
    if (data.non_resident != 0 && sle64_to_cpu(data.lowest_vcn) != 0) continue;
    if (streams.size() == kAttributeCountMax) {
      return Error(Errc::corrupt,
                   fmt::format("it has more than {} streams", kAttributeCountMax));
    }
    streams.push_back(facts_of(data));
    std::size_t offset = le16_to_cpu(data.name_offset);
    std::size_t length = 2u * data.name_length;
    if (offset + length > le32_to_cpu(data.length)) {
      return Error(Errc::corrupt, "the name of a stream runs past its attribute");
    }
    streams.back().name =
        utf16le({reinterpret_cast<const std::byte*>(&data) + offset, length});
  }
  if (errno != ENOENT) return inode.mount().failure("reading its streams");
  return streams;
}

std::string stored_words(const DataFacts& data) {
  if ((data.flags & le16_to_cpu(ATTR_IS_ENCRYPTED)) != 0) return "EFS";
  if (data.resident) return "resident";
  if ((data.flags & le16_to_cpu(ATTR_COMPRESSION_MASK)) != 0) return "LZNT1";
  if ((data.flags & le16_to_cpu(ATTR_IS_SPARSE)) != 0) return "sparse";
  return "clusters";
}

// The path of a directory, "" for the root.
Result<std::string> path_of(Mount& mount, Reference directory) {
  std::vector<std::u16string> names;
  while (directory.record != kRootRecord) {
    if (names.size() == kPathDepthMax) {
      return Error(Errc::corrupt, fmt::format("it lies under more than {} directories",
                                              kPathDepthMax));
    }
    Inode inode = TRY(Inode::open(mount, directory));
    auto found = TRY(names_of(inode));
    auto name = std::ranges::find_if(found, [](const NameRecord& each) {
      return each.space != NameRecord::Space::dos;
    });
    if (name == found.end()) {
      return Error(Errc::corrupt,
                   fmt::format("directory {} has no name", directory.record));
    }
    names.push_back(name->name);
    directory = name->parent;
  }
  std::string path;
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    path += '\\' + to_utf8(*name);
  }
  return path;
}

Done take_names(Mount& mount, const std::vector<NameRecord>& names, Details& details) {
  for (const NameRecord& name : names) {
    bool both = name.space == NameRecord::Space::win32_and_dos;
    bool alias = both || name.space == NameRecord::Space::dos;
    if (alias && details.short_name.empty()) details.short_name = to_utf8(name.name);
    if (name.space == NameRecord::Space::dos) continue;
    // A directory that can't be believed costs its names alone.
    auto path = path_of(mount, name.parent);
    if (!path && path.error().code() == Errc::io) return std::move(path).error();
    details.names.push_back((path ? *path : "\\?") + '\\' + to_utf8(name.name));
  }
  std::ranges::sort(details.names);
  return {};
}

// Where the bytes that the path means are, and how.
Done take_stored(const Inode& inode, const StreamReference& stream,
                 const std::vector<DataFacts>& streams, Details& details) {
  details.stored = "none";
  for (const DataFacts& data : streams) {
    if (!data.name.empty()) {
      details.streams.push_back(
          {.name = to_utf8(data.name), .size = data.size, .allocated = data.allocated});
    }
    if (data.name != stream.name) continue;
    details.stored = stored_words(data);
    details.allocated = data.allocated;
  }
  std::ranges::sort(details.streams, {}, &Stream::name);
  if (!stream.name.empty()) return {};
  auto compression = compression_by_wof(inode);
  if (!compression && compression.error().code() == Errc::io) {
    return std::move(compression).error();
  }
  if (compression && !*compression) return {};
  details.stored =
      compression ? fmt::format("WOF {}", to_string(**compression)) : "WOF";
  for (const DataFacts& data : streams) {
    if (data.name == kWofStream) details.allocated = data.allocated;
  }
  return {};
}

}  // namespace

Result<Details> details_of(Mount& mount, const StreamReference& stream) {
  Details details;
  std::vector<NameRecord> names;
  {
    Inode inode = TRY(Inode::open(mount, stream.file));
    names = TRY(names_of(inode));
    TRY(take_stored(inode, stream, TRY(streams_of(inode)), details));
    details.security = TRY(descriptor_of(inode));
    std::uint32_t tag = TRY(reparse_tag_of(inode));
    if (tag != 0) {
      auto data = reparse_data_of(inode);
      if (!data && data.error().code() == Errc::io) return std::move(data).error();
      details.reparse_point = decode_reparse_point(tag, data ? *data : ByteVector());
    }
  }
  TRY(take_names(mount, names, details));
  return details;
}

}  // namespace drydock::ntfs
