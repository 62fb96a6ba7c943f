#include "ntfs/ntfs/data_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "ntfs/ntfs/edit.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

std::string place(Reference file) {
  return fmt::format("the data of record {}", file.record);
}

bool is_compressed(const ntfs_attr& data) {
  return (data.data_flags & ATTR_COMPRESSION_MASK) != const_cpu_to_le16(0);
}

}  // namespace

Done check_readable(const Inode& inode) {
  if ((inode.attributes() & attribute::encrypted) != 0) {
    return Error(Errc::unsupported,
                 "this file is encrypted by EFS; its owner's key, "
                 "which decrypts it, isn't at hand");
  }
  if (TRY(reparse_tag_of(inode)) == kWofTag) {
    return Error(Errc::unsupported,
                 "this file is compressed by WOF (Compact OS): its bytes are in its "
                 "stream WofCompressedData");
  }
  return {};
}

Result<std::shared_ptr<DataDevice>> DataDevice::open(std::shared_ptr<Mount> mount,
                                                     Reference file) {
  TRY(mount->begin());
  Inode inode = TRY(Inode::open(*mount, file));
  if (inode.is_directory()) {
    return Error(Errc::bad_argument, "a directory has no data");
  }
  TRY(check_readable(inode));
  auto data = TRY(Attribute::open(inode, le32_to_cpu(AT_DATA)));
  std::uint64_t size = 0;
  if (data) {
    if (data->get()->data_size < 0) {
      return Error(Errc::corrupt, "its data has a negative size").in(place(file));
    }
    size = static_cast<std::uint64_t>(data->get()->data_size);
  }
  return std::shared_ptr<DataDevice>(new DataDevice(std::move(mount), file, size));
}

std::uint32_t DataDevice::sector_size() const {
  return mount_->boot_sector().sector_size;
}

bool DataDevice::writable() const { return mount_->writable() && !is_system(file_); }

Done DataDevice::do_read(std::uint64_t offset, MutableBytes into) const {
  OpenData& open = *TRY(mount_->begin_data(file_).in(place(file_)));
  std::size_t done = 0;
  while (done < into.size()) {
    s64 count =
        ntfs_attr_pread(open.data.get(), static_cast<s64>(offset + done),
                        static_cast<s64>(into.size() - done), into.data() + done);
    if (count < 0) return mount_->failure("reading").in(place(file_));
    if (count == 0) {
      return Error(Errc::corrupt, fmt::format("its data ends at {}, and not at {}",
                                              offset + done, size_))
          .in(place(file_));
    }
    done += static_cast<std::size_t>(count);
  }
  return {};
}

Done DataDevice::do_write(std::uint64_t offset, Bytes from) {
  OpenData& open = *TRY(mount_->begin_data_change(file_).in(place(file_)));
  return write_data(open, offset, from).in(place(file_));
}

Done DataDevice::do_flush() { return mount_->flush(); }

Done DataDevice::do_resize(std::uint64_t size) {
  OpenData& open = *TRY(mount_->begin_data_change(file_).in(place(file_)));
  TRY(resize_data(open, size).in(place(file_)));
  size_ = size;
  return {};
}

Result<Extent> DataDevice::do_extent(std::uint64_t offset) const {
  OpenData& open = *TRY(mount_->begin_data(file_).in(place(file_)));
  ntfs_attr& data = *open.data.get();
  Extent unknown{.length = size_ - offset, .zero = false};
  if (!NAttrNonResident(&data) || is_compressed(data)) return unknown;
  // What was never written isn't read either.
  auto written = static_cast<std::uint64_t>(std::max<s64>(data.initialized_size, 0));
  if (offset >= written) return Extent{.length = size_ - offset, .zero = true};
  std::uint64_t end = std::min(written, size_);
  std::uint32_t cluster_size = mount_->boot_sector().cluster_size;
  std::uint64_t cluster = offset / cluster_size;
  const runlist_element* run = ntfs_attr_find_vcn(&data, static_cast<VCN>(cluster));
  if (run == nullptr) return mount_->failure("finding its runs").in(place(file_));
  if (run->length <= 0) return unknown;
  std::uint64_t run_end =
      static_cast<std::uint64_t>(run->vcn + run->length) * cluster_size;
  return Extent{.length = std::min(run_end, end) - offset,
                .zero = run->lcn == LCN_HOLE};
}

}  // namespace drydock::ntfs
