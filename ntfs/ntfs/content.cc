#include <fmt/format.h>

#include "ntfs/ntfs/data_device.h"
#include "ntfs/ntfs/edit.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "ntfs/ntfs/path.h"
#include "ntfs/ntfs/stamp.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

constexpr std::u16string_view kWofStream = u"WofCompressedData";

Done check_plain(const ntfs_attr& data) {
  constexpr auto kNone = const_cpu_to_le16(0);
  if ((data.data_flags & (ATTR_COMPRESSION_MASK | ATTR_IS_ENCRYPTED)) == kNone)
    return {};
  return Error(Errc::unsupported,
               "this file is compressed or encrypted by NTFS; it can be replaced as a "
               "whole, but not written into");
}

Result<OpenData> open_data(Mount& mount, Reference file) {
  Inode inode = TRY(Inode::open(mount, file));
  auto data = TRY(Attribute::open(inode, le32_to_cpu(AT_DATA)));
  if (!data) return Error(Errc::corrupt, "it has no data stream");
  return OpenData{std::move(inode), std::move(*data)};
}

// Takes away how the file's bytes are kept -- by WOF, or compressed -- and them
// too: what is left is an empty file, plainly kept.  Windows does so itself
// when it writes to a file of WOF's.
Done make_plain(Mount& mount, Reference file) {
  Inode inode = TRY(Inode::open(mount, file));
  if (TRY(reparse_tag_of(inode)) == kWofTag) {
    if (ntfs_remove_ntfs_reparse_data(inode.get()) != 0) {
      return mount.failure("removing its reparse point");
    }
    std::vector<std::uint16_t> units = to_library(kWofStream);
    if (TRY(Attribute::open(inode, le32_to_cpu(AT_DATA), kWofStream)) &&
        ntfs_attr_remove(inode.get(), AT_DATA, units.data(),
                         static_cast<u32>(units.size())) != 0) {
      return mount.failure("removing its stream WofCompressedData");
    }
  }
  if (ntfs_attr_remove(inode.get(), AT_DATA, AT_UNNAMED, 0) != 0) {
    return mount.failure("removing its data");
  }
  inode.clear_attributes(attribute::compressed | attribute::sparse);
  inode.get()->data_size = inode.get()->allocated_size = 0;
  if (ntfs_attr_add(inode.get(), AT_DATA, AT_UNNAMED, 0, nullptr, 0) != 0) {
    return mount.failure("adding its data");
  }
  stamp_modified(inode);
  return inode.close();
}

// Whether put() can overwrite the file's bytes where they are.
Result<bool> is_plain(const Inode& inode) {
  if ((inode.attributes() & attribute::encrypted) != 0) {
    return Error(Errc::unsupported,
                 "this file is encrypted by EFS: what replaces it "
                 "would have to be, too");
  }
  std::uint32_t tag = TRY(reparse_tag_of(inode));
  if (tag != 0 && tag != kWofTag) {
    return Error(Errc::bad_argument,
                 fmt::format("this is a reparse point, of tag {:#010x}: what it stands "
                             "for is elsewhere",
                             tag));
  }
  auto data = TRY(Attribute::open(inode, le32_to_cpu(AT_DATA)));
  return tag == 0 && data && check_plain(*data->get());
}

}  // namespace

Done resize_data(OpenData& file, std::uint64_t size) {
  ntfs_attr* data = file.data.get();
  TRY(check_plain(*data));
  if (size > static_cast<std::uint64_t>(std::numeric_limits<s64>::max())) {
    return Error(Errc::no_space, fmt::format("no volume has {} bytes", size));
  }
  // Left to itself, the library grows a file by a hole, and marks it sparse.
  auto target = static_cast<s64>(size);
  int result = NAttrSparse(data) ? ntfs_attr_truncate(data, target)
                                 : ntfs_attr_truncate_solid(data, target);
  if (result != 0) return file.inode.mount().failure("changing its size");
  stamp_modified(file.inode);
  return {};
}

Done write_data(OpenData& file, std::uint64_t offset, Bytes from) {
  ntfs_attr* data = file.data.get();
  TRY(check_plain(*data));
  std::size_t done = 0;
  while (done < from.size()) {
    s64 count =
        ntfs_attr_pwrite(data, static_cast<s64>(offset + done),
                         static_cast<s64>(from.size() - done), from.data() + done);
    if (count <= 0) return file.inode.mount().failure("writing its data");
    done += static_cast<std::size_t>(count);
  }
  stamp_modified(file.inode);
  return {};
}

Result<Reference> put(Mount& mount, std::string_view path, Bytes content) {
  TRY(mount.begin_change(content.size()));
  Spot spot = TRY(find_spot(mount, path));
  if (!spot.file) {
    spot.file = TRY(create(mount, path, Kind::file));
    TRY(mount.begin_change(content.size()));
  } else {
    Inode inode = TRY(Inode::open(mount, *spot.file));
    TRY(check_ours(inode));
    if (inode.is_directory()) return Error(Errc::bad_argument, "this is a directory");
    bool plain = TRY(is_plain(inode));
    TRY(inode.close());
    if (!plain) TRY(make_plain(mount, *spot.file));
  }
  OpenData file = TRY(open_data(mount, *spot.file));
  TRY(resize_data(file, content.size()));
  TRY(write_data(file, 0, content));
  Reference reference = file.inode.reference();
  TRY(close(std::move(file)));
  if (auto held = mount.held_data_of(reference)) held->set_size(content.size());
  return reference;
}

}  // namespace drydock::ntfs
