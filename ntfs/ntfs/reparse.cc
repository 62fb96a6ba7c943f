#include "ntfs/ntfs/reparse.h"

#include <fmt/format.h>

#include <array>

#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// [MS-FSCC] 2.1.2: MAXIMUM_REPARSE_DATA_BUFFER_SIZE.
constexpr std::uint64_t kReparsePointSizeMax = 16 << 10;

// [MS-FSCC] 2.1.2.1, those that are met on system disks.
struct Kind {
  std::uint32_t tag;
  std::string_view name;
};
constexpr std::array kKinds = {Kind{kMountPointTag, "mount_point"},
                               Kind{kSymbolicLinkTag, "symbolic_link"},
                               Kind{kWofTag, "wof"},
                               Kind{0x80000008, "wim"},
                               Kind{0x80000013, "deduplicated"},
                               Kind{0x80000014, "nfs"},
                               Kind{0x8000001B, "app_exec_link"},
                               Kind{0x8000001C, "projected"},
                               Kind{kLinuxSymlinkTag, "linux_symlink"},
                               Kind{0x80000023, "unix_socket"},
                               Kind{0x80000024, "linux_fifo"},
                               Kind{0x80000025, "linux_char_device"},
                               Kind{0x80000026, "linux_block_device"}};

// OneDrive's, of which the third nibble from the left of the low word counts.
constexpr std::uint32_t kCloudTag = 0x9000001A;
constexpr std::uint32_t kCloudCountBits = 0x0000F000;

std::string_view kind_of(std::uint32_t tag) {
  for (const Kind& kind : kKinds) {
    if (kind.tag == tag) return kind.name;
  }
  return (tag & ~kCloudCountBits) == kCloudTag ? "cloud" : "unknown";
}

Result<Attribute> open_point(const Inode& inode) {
  auto point = TRY(Attribute::open(inode, le32_to_cpu(AT_REPARSE_POINT)));
  if (!point)
    return Error(Errc::corrupt, "it is marked as a reparse point and isn't one");
  return std::move(*point);
}

// The text in the buffer behind a link's fields.
std::string text_at(Bytes buffer, std::size_t offset, std::size_t length) {
  if (!checked::within(offset, length, buffer.size())) return {};
  return utf8_from_utf16le(buffer.subspan(offset, length));
}

}  // namespace

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

Result<ByteVector> reparse_data_of(const Inode& inode) {
  Attribute point = TRY(open_point(inode));
  auto size = static_cast<std::uint64_t>(point.get()->data_size);
  if (size < sizeof(ReparseHeader) || size > kReparsePointSizeMax) {
    return Error(Errc::corrupt, fmt::format("its reparse point has {} bytes", size));
  }
  ByteVector bytes(size);
  if (ntfs_attr_pread(point.get(), 0, static_cast<s64>(size), bytes.data()) !=
      static_cast<s64>(size)) {
    return inode.mount().failure("reading its reparse point");
  }
  auto header = *load<ReparseHeader>(bytes);
  // Whoever isn't Microsoft says with a GUID who they are.
  std::size_t start = sizeof header + ((header.tag & 0x8000'0000) == 0 ? 16 : 0);
  if (start > size || header.length > size - start) {
    return Error(Errc::corrupt,
                 fmt::format("its reparse point of {} bytes says that it holds {}",
                             size, std::uint16_t{header.length}));
  }
  auto first = bytes.begin() + static_cast<std::ptrdiff_t>(start);
  return ByteVector(first, first + header.length);
}

ReparsePoint decode_reparse_point(std::uint32_t tag, Bytes data) {
  ReparsePoint point{.tag = tag, .kind = std::string(kind_of(tag)), .target = {}};
  if (tag == kMountPointTag || tag == kSymbolicLinkTag) {
    auto link = load<LinkFields>(data);
    std::size_t start = sizeof(LinkFields) + (tag == kSymbolicLinkTag ? 4 : 0);
    if (!link || start > data.size()) return point;
    Bytes names = data.subspan(start);
    // What people are shown; what Windows goes by where there is no such name.
    point.target = text_at(names, link->print_offset, link->print_length);
    if (point.target.empty()) {
      point.target = text_at(names, link->target_offset, link->target_length);
    }
  } else if (tag == kLinuxSymlinkTag && data.size() > 4) {
    // A version, and the path in UTF-8.
    auto units = to_utf16(as_text(data.subspan(4)));
    if (units) point.target = to_utf8(*units);
  }
  return point;
}

}  // namespace drydock::ntfs
