#include "vhd/raw_image.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock {

Result<ImageFacts> RawImage::examine(const BlockDevice& file) {
  std::uint32_t sector_size = file.sector_size();
  if (file.size() < sector_size) {
    return Error(Errc::corrupt, fmt::format("{} bytes are less than one sector of {}",
                                            file.size(), sector_size));
  }
  ImageFacts facts;
  facts.virtual_size = file.size() / sector_size * sector_size;
  facts.logical_sector_size = sector_size;
  return facts;
}

Result<std::shared_ptr<RawImage>> RawImage::open(DevicePtr file, ImageOptions options) {
  ImageFacts facts = TRY(examine(*file));
  if (options.writable && !file->writable()) {
    return Error(Errc::read_only, "the image's file was opened for reading only");
  }
  return std::shared_ptr<RawImage>(
      new RawImage(std::move(file), std::move(facts), options.writable));
}

Done RawImage::do_read(std::uint64_t offset, MutableBytes into) const {
  return file_->read(offset, into);
}

Done RawImage::do_write(std::uint64_t offset, Bytes from) {
  return file_->write(offset, from);
}

Done RawImage::do_flush() { return file_->flush(); }

Done RawImage::do_zero(std::uint64_t offset, std::uint64_t length) {
  return file_->zero(offset, length);
}

Done RawImage::do_trim(std::uint64_t offset, std::uint64_t length) {
  return file_->trim(offset, length);
}

Done RawImage::do_resize(std::uint64_t size) {
  if (size == 0 || size % sector_size() != 0) {
    return Error(Errc::bad_argument, fmt::format("{} bytes aren't whole sectors of {}",
                                                 size, sector_size()));
  }
  TRY(file_->resize(size));
  facts_.virtual_size = size;
  return {};
}

Result<Mapping> RawImage::map(std::uint64_t offset) const {
  Extent extent = TRY(this->extent(offset));
  return Mapping{.length = extent.length,
                 .depth = 0,
                 .present = true,
                 .zero = extent.zero,
                 .file_offset = offset};
}

Result<Extent> RawImage::do_extent(std::uint64_t offset) const {
  Extent extent = TRY(file_->extent(offset));
  extent.length = std::min(extent.length, size() - offset);
  return extent;
}

}  // namespace drydock
