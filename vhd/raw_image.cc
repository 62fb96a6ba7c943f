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

Result<Extent> RawImage::do_extent(std::uint64_t offset) const {
  Extent extent = TRY(file_->extent(offset));
  extent.length = std::min(extent.length, size() - offset);
  return extent;
}

}  // namespace drydock
