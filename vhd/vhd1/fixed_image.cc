#include "vhd/vhd1/fixed_image.h"

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::vhd1 {

Done FixedImage::do_read(std::uint64_t offset, MutableBytes into) const {
  return file_->read(offset, into);
}

Done FixedImage::do_write(std::uint64_t offset, Bytes from) {
  return file_->write(offset, from);
}

Done FixedImage::do_flush() { return file_->flush(); }

Done FixedImage::do_zero(std::uint64_t offset, std::uint64_t length) {
  return file_->zero(offset, length);
}

Done FixedImage::do_trim(std::uint64_t offset, std::uint64_t length) {
  return file_->trim(offset, length);
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
