#include "vhd/vhd1/fixed_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "vhd/base/try.h"

namespace drydock::vhd1 {

Done FixedImage::do_read(std::uint64_t offset, MutableBytes into) const {
  return file_->read(offset, into);
}

Result<std::shared_ptr<FixedImage>> FixedImage::open(DevicePtr file,
                                                     const Container& container,
                                                     bool writable) {
  std::shared_ptr<FixedImage> image(
      new FixedImage(std::move(file), container, writable));
  if (writable && container.footers.left_behind) {
    TRY(image->file_->resize(container.footers.tail_offset + kFooterSize));
    image->facts_.notes.clear();
  }
  return image;
}

Done FixedImage::check_usable() const {
  if (!broken_) return {};
  return Error(Errc::io,
               "an earlier resize of the image was refused by the host; open it anew");
}

Done FixedImage::do_write(std::uint64_t offset, Bytes from) {
  TRY(check_usable());
  return file_->write(offset, from);
}

Done FixedImage::do_flush() {
  TRY(check_usable());
  return file_->flush();
}

Done FixedImage::do_zero(std::uint64_t offset, std::uint64_t length) {
  TRY(check_usable());
  return file_->zero(offset, length);
}

Done FixedImage::do_trim(std::uint64_t offset, std::uint64_t length) {
  TRY(check_usable());
  return file_->trim(offset, length);
}

Done FixedImage::do_resize(std::uint64_t size) {
  if (size == 0 || size % kSectorSize != 0 || size > kDiskSizeMax) {
    return Error(
        Errc::bad_argument,
        fmt::format("a VHD can't have {} bytes: multiples of {} up to {} can be", size,
                    kSectorSize, kDiskSizeMax));
  }
  TRY(check_usable());
  broken_ = true;
  TRY(size > this->size() ? grow(size) : shrink(size));
  facts_.virtual_size = size;
  broken_ = false;
  return {};
}

// The only footer is never in flight, and none of it becomes part of the disk: first
// footers ever farther on tell of the disk as it was, see find_left_behind(); then come
// zeros over all but the last of them; then that one tells of the new disk.
Done FixedImage::grow(std::uint64_t size) {
  if (footers_.tail_offset != this->size()) TRY(shrink(this->size()));
  std::uint64_t end = this->size();
  TRY(file_->resize(end + kFooterSize));  // It may have had 511 bytes.
  while (end < size) {
    std::uint64_t step = std::bit_floor(size - end);
    TRY(file_->resize(end + step + kFooterSize));
    TRY(put_footer(end + step, this->size()));
    TRY(file_->flush());
    TRY(file_->zero(end, kFooterSize));
    end += step;
  }
  TRY(file_->flush());
  TRY(put_footer(end, size));
  return file_->flush();
}

// The footer that is there tells of the smaller disk before what the disk gives up is
// made use of.
Done FixedImage::shrink(std::uint64_t size) {
  std::uint64_t end = footers_.tail_offset;
  if (file_->size() < end + kFooterSize) TRY(file_->resize(end + kFooterSize));
  TRY(put_footer(end, size));
  TRY(file_->flush());
  TRY(put_footer(size, size));
  TRY(file_->flush());
  // Where a power cut undoes this, both footers are there, and alike.
  return file_->resize(size + kFooterSize);
}

Done FixedImage::put_footer(std::uint64_t offset, std::uint64_t disk_size) {
  set_disk_size(footers_.footer, disk_size);
  seal(footers_.footer);
  footers_.tail_offset = offset;
  return file_->write(offset, bytes_of(footers_.footer));
}

Result<Extent> FixedImage::do_extent(std::uint64_t offset) const {
  Extent extent = TRY(file_->extent(offset));
  extent.length = std::min(extent.length, size() - offset);
  return extent;
}

Result<Mapping> FixedImage::map(std::uint64_t offset) const {
  Extent extent = TRY(this->extent(offset));
  return Mapping{.length = extent.length,
                 .depth = 0,
                 .present = true,
                 .zero = extent.zero,
                 .file_offset = offset};
}

}  // namespace drydock::vhd1
