#include <fmt/format.h>

#include "ntfs/ntfs/data_device.h"
#include "ntfs/ntfs/edit.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "ntfs/ntfs/path.h"
#include "ntfs/ntfs/reparse.h"
#include "ntfs/ntfs/stamp.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

Done check_not_encrypted(const ntfs_attr& data) {
  if ((data.data_flags & ATTR_IS_ENCRYPTED) == const_cpu_to_le16(0)) return {};
  return Error(Errc::unsupported,
               "this file is encrypted by EFS: what is written into it "
               "would have to be, too");
}

Done remove_stream_of(Inode& inode, std::u16string_view name) {
  std::vector<std::uint16_t> units = to_library(name);
  if (ntfs_attr_remove(inode.get(), AT_DATA, name.empty() ? AT_UNNAMED : units.data(),
                       static_cast<u32>(units.size())) == 0) {
    return {};
  }
  return inode.mount().failure(
      fmt::format("removing its stream \"{}\"", to_utf8(name)));
}

Done add_stream_to(Inode& inode, std::u16string_view name) {
  std::vector<std::uint16_t> units = to_library(name);
  if (ntfs_attr_add(inode.get(), AT_DATA, name.empty() ? AT_UNNAMED : units.data(),
                    static_cast<u8>(units.size()), nullptr, 0) == 0) {
    return {};
  }
  return inode.mount().failure(fmt::format("adding its stream \"{}\"", to_utf8(name)));
}

// Takes away what WOF keeps of a file; the unnamed stream is left, a hole.
Done remove_wof(Inode& inode) {
  if (ntfs_remove_ntfs_reparse_data(inode.get()) != 0) {
    return inode.mount().failure("removing its reparse point");
  }
  if (!TRY(Attribute::open(inode, le32_to_cpu(AT_DATA), kWofStream))) return {};
  return remove_stream_of(inode, kWofStream);
}

// Leaves the stream there, and empty.  It is kept plainly from then on, or
// compressed by NTFS where the file is marked so.
Done empty_stream(Mount& mount, const StreamReference& stream) {
  Inode inode = TRY(Inode::open(mount, stream.file));
  bool unnamed = stream.name.empty();
  if (unnamed && TRY(reparse_tag_of(inode)) == kWofTag) TRY(remove_wof(inode));
  if (TRY(Attribute::open(inode, le32_to_cpu(AT_DATA), stream.name))) {
    TRY(remove_stream_of(inode, stream.name));
  }
  if (unnamed) {
    inode.clear_attributes(attribute::sparse);
    inode.get()->data_size = inode.get()->allocated_size = 0;
  }
  TRY(add_stream_to(inode, stream.name));
  stamp_modified(inode);
  return inode.close();
}

// Whether the stream's bytes can be overwritten where they are; else it has to be
// emptied first, or made.
Result<bool> is_plain(const Inode& inode, std::u16string_view stream) {
  if ((inode.attributes() & attribute::encrypted) != 0) {
    return Error(Errc::unsupported,
                 "this file is encrypted by EFS: what replaces it "
                 "would have to be, too");
  }
  std::uint32_t tag = stream.empty() ? TRY(reparse_tag_of(inode)) : 0;
  if (tag != 0 && tag != kWofTag) {
    return Error(Errc::bad_argument,
                 fmt::format("this is a reparse point, of tag {:#010x}: what it stands "
                             "for is elsewhere",
                             tag));
  }
  auto data = TRY(Attribute::open(inode, le32_to_cpu(AT_DATA), stream));
  if (tag != 0 || !data) return false;
  constexpr auto kNone = const_cpu_to_le16(0);
  return (data->get()->data_flags & (ATTR_COMPRESSION_MASK | ATTR_IS_ENCRYPTED)) ==
         kNone;
}

// The library compresses a block of the file once the next is begun; this does it
// with the last.
Done finish_compressed(OpenData& file) {
  ntfs_attr* data = file.data.get();
  if (!is_compressed(file) || !NAttrNonResident(data) || data->initialized_size == 0) {
    return {};
  }
  if (ntfs_attr_pclose(data) == 0) return {};
  return file.inode.mount().failure("compressing its end");
}

Done write_bytes(OpenData& file, std::uint64_t offset, Bytes from) {
  std::size_t done = 0;
  while (done < from.size()) {
    s64 count =
        ntfs_attr_pwrite(file.data.get(), static_cast<s64>(offset + done),
                         static_cast<s64>(from.size() - done), from.data() + done);
    if (count <= 0) return file.inode.mount().failure("writing its data");
    done += static_cast<std::size_t>(count);
  }
  return finish_compressed(file);
}

}  // namespace

bool is_compressed(const OpenData& file) {
  return (file.data.get()->data_flags & ATTR_COMPRESSION_MASK) != const_cpu_to_le16(0);
}

Done resize_data(OpenData& file, std::uint64_t size) {
  ntfs_attr* data = file.data.get();
  TRY(check_not_encrypted(*data));
  if (size > static_cast<std::uint64_t>(std::numeric_limits<s64>::max())) {
    return Error(Errc::no_space, fmt::format("no volume has {} bytes", size));
  }
  auto target = static_cast<s64>(size);
  if (is_compressed(file) && target > data->data_size) {
    // The library can't grow these but by writing.
    constexpr std::byte kZero{0};
    TRY(write_bytes(file, size - 1, {&kZero, 1}));
  } else {
    // Left to itself, the library grows a file by a hole, and marks it sparse.
    int result = NAttrSparse(data) || is_compressed(file)
                     ? ntfs_attr_truncate(data, target)
                     : ntfs_attr_truncate_solid(data, target);
    if (result != 0) return file.inode.mount().failure("changing its size");
  }
  stamp_modified(file.inode);
  return {};
}

Done write_data(OpenData& file, std::uint64_t offset, Bytes from) {
  TRY(check_not_encrypted(*file.data.get()));
  TRY(write_bytes(file, offset, from));
  stamp_modified(file.inode);
  return {};
}

Done replace_data(Mount& mount, const StreamReference& stream, Bytes content) {
  TRY(mount.begin_change(content.size()));
  Inode inode = TRY(Inode::open(mount, stream.file));
  TRY(check_ours(inode));
  bool plain = TRY(is_plain(inode, stream.name));
  TRY(inode.close());
  if (!plain) TRY(empty_stream(mount, stream));
  OpenData file = TRY(open_data(mount, stream));
  // What is compressed grows as it is written.
  if (!is_compressed(file)) TRY(resize_data(file, content.size()));
  TRY(write_data(file, 0, content));
  TRY(close(std::move(file)));
  mount.tell_replaced(stream, content.size());
  if (stream.name.empty()) {
    mount.tell_replaced({.file = stream.file, .name = std::u16string(kWofStream)}, 0);
  }
  return {};
}

Result<StreamReference> put(Mount& mount, std::string_view path, Bytes content) {
  TRY(mount.begin_change(content.size()));
  Spot spot = TRY(find_spot(mount, path));
  if (!spot.file) {
    spot.file = TRY(make(mount, spot, Kind::file));
  } else if (spot.stream.empty()) {
    Inode inode = TRY(Inode::open(mount, *spot.file));
    if (inode.is_directory()) return Error(Errc::bad_argument, "this is a directory");
  }
  StreamReference stream{.file = *spot.file, .name = std::move(spot.stream)};
  TRY(replace_data(mount, stream, content));
  return stream;
}

Done remove_stream(Mount& mount, const StreamReference& stream) {
  Inode inode = TRY(Inode::open(mount, stream.file));
  TRY(check_ours(inode));
  if (!TRY(Attribute::open(inode, le32_to_cpu(AT_DATA), stream.name))) {
    return Error(Errc::not_found,
                 fmt::format("it has no stream \"{}\"", to_utf8(stream.name)));
  }
  TRY(remove_stream_of(inode, stream.name));
  stamp_modified(inode);
  TRY(inode.close());
  mount.tell_replaced(stream, 0);
  return {};
}

}  // namespace drydock::ntfs
