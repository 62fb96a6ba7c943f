#include "ntfs/ntfs/data_device.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "ntfs/ntfs/edit.h"
#include "ntfs/ntfs/format.h"
#include "ntfs/ntfs/libntfs.h"
#include "ntfs/ntfs/mount.h"
#include "ntfs/ntfs/reparse.h"
#include "ntfs/wof/expanded_device.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::ntfs {

namespace {

// What WOF expanded is held in memory when the file becomes a plain one; no more
// could be carried to an image in one change.
constexpr std::uint64_t kExpandedSizeMax = std::uint64_t{1} << 30;

}  // namespace

Done check_readable(const Inode& inode) {
  if ((inode.attributes() & attribute::encrypted) == 0) return {};
  return Error(Errc::unsupported,
               "this file is encrypted by EFS; its owner's key, "
               "which decrypts it, isn't at hand");
}

Result<std::optional<wof::Compression>> compression_by_wof(const Inode& inode) {
  if (TRY(reparse_tag_of(inode)) != kWofTag) return std::optional<wof::Compression>();
  ByteVector value = TRY(reparse_data_of(inode));
  return std::optional(TRY(wof::read_reparse_data(value)));
}

std::string DataDevice::place() const {
  if (stream_.name.empty()) {
    return fmt::format("the data of record {}", stream_.file.record);
  }
  return fmt::format("stream {} of record {}", to_utf8(stream_.name),
                     stream_.file.record);
}

Result<std::shared_ptr<DataDevice>> DataDevice::open(std::shared_ptr<Mount> mount,
                                                     StreamReference stream) {
  TRY(mount->begin());
  std::uint64_t size = 0;
  std::optional<wof::Compression> compression;
  {
    Inode inode = TRY(Inode::open(*mount, stream.file));
    if (inode.is_directory() && stream.name.empty()) {
      return Error(Errc::bad_argument, "a directory has no data");
    }
    TRY(check_readable(inode));
    if (stream.name.empty()) compression = TRY(compression_by_wof(inode));
    auto data = TRY(Attribute::open(inode, le32_to_cpu(AT_DATA), stream.name));
    if (!data && !stream.name.empty()) {
      return Error(Errc::not_found,
                   fmt::format("it has no stream \"{}\"", to_utf8(stream.name)));
    }
    if (data) {
      if (data->get()->data_size < 0) {
        return Error(Errc::corrupt, "its data has a negative size");
      }
      size = static_cast<std::uint64_t>(data->get()->data_size);
    }
  }
  std::shared_ptr<DataDevice> device(new DataDevice(mount, stream, size));
  if (compression) {
    DevicePtr compressed =
        TRY(mount->data_of({.file = stream.file, .name = std::u16string(kWofStream)}));
    device->expanded_ = TRY(wof::expand(std::move(compressed), size, *compression));
  }
  return device;
}

std::uint32_t DataDevice::sector_size() const {
  return mount_->boot_sector().sector_size;
}

bool DataDevice::writable() const {
  return mount_->writable() && !is_system(stream_.file);
}

// What Windows does to a file of WOF's before the first write to it.
Done DataDevice::make_plain() {
  if (!expanded_) return {};
  ByteVector content = TRY(read_bytes(*expanded_, 0, size_, kExpandedSizeMax));
  return replace_data(*mount_, stream_, content);
}

Done DataDevice::do_read(std::uint64_t offset, MutableBytes into) const {
  if (expanded_) return expanded_->read(offset, into).in(place());
  OpenData& open = *TRY(mount_->begin_data(stream_).in(place()));
  std::size_t done = 0;
  while (done < into.size()) {
    s64 count =
        ntfs_attr_pread(open.data.get(), static_cast<s64>(offset + done),
                        static_cast<s64>(into.size() - done), into.data() + done);
    if (count < 0) return mount_->failure("reading").in(place());
    if (count == 0) {
      return Error(Errc::corrupt, fmt::format("its data ends at {}, and not at {}",
                                              offset + done, size_))
          .in(place());
    }
    done += static_cast<std::size_t>(count);
  }
  return {};
}

Done DataDevice::do_write(std::uint64_t offset, Bytes from) {
  TRY(make_plain());
  OpenData& open = *TRY(mount_->begin_data_change(stream_).in(place()));
  return write_data(open, offset, from).in(place());
}

Done DataDevice::do_flush() { return mount_->flush(); }

Done DataDevice::do_resize(std::uint64_t size) {
  TRY(make_plain());
  OpenData& open = *TRY(mount_->begin_data_change(stream_).in(place()));
  TRY(resize_data(open, size).in(place()));
  size_ = size;
  return {};
}

Result<Extent> DataDevice::do_extent(std::uint64_t offset) const {
  if (expanded_) return expanded_->extent(offset);
  OpenData& open = *TRY(mount_->begin_data(stream_).in(place()));
  ntfs_attr& data = *open.data.get();
  Extent unknown{.length = size_ - offset, .zero = false};
  if (!NAttrNonResident(&data) || is_compressed(open)) return unknown;
  // What was never written isn't read either.
  auto written = static_cast<std::uint64_t>(std::max<s64>(data.initialized_size, 0));
  if (offset >= written) return Extent{.length = size_ - offset, .zero = true};
  std::uint64_t end = std::min(written, size_);
  std::uint32_t cluster_size = mount_->boot_sector().cluster_size;
  std::uint64_t cluster = offset / cluster_size;
  const runlist_element* run = ntfs_attr_find_vcn(&data, static_cast<VCN>(cluster));
  if (run == nullptr) return mount_->failure("finding its runs").in(place());
  if (run->length <= 0) return unknown;
  std::uint64_t run_end =
      static_cast<std::uint64_t>(run->vcn + run->length) * cluster_size;
  return Extent{.length = std::min(run_end, end) - offset,
                .zero = run->lcn == LCN_HOLE};
}

}  // namespace drydock::ntfs
