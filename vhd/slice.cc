#include "vhd/slice.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock {

Result<DevicePtr> Slice::create(DevicePtr whole, std::uint64_t offset,
                                std::uint64_t length) {
  if (!checked::within(offset, length, whole->size())) {
    return Error(Errc::bad_argument,
                 fmt::format("a part of {} bytes at offset {} runs past the end at {}",
                             length, offset, whole->size()));
  }
  return DevicePtr(new Slice(std::move(whole), offset, length));
}

Done Slice::do_read(std::uint64_t offset, MutableBytes into) const {
  return whole_->read(offset_ + offset, into);
}

Done Slice::do_write(std::uint64_t offset, Bytes from) {
  return whole_->write(offset_ + offset, from);
}

Done Slice::do_flush() { return whole_->flush(); }

Done Slice::do_zero(std::uint64_t offset, std::uint64_t length) {
  return whole_->zero(offset_ + offset, length);
}

Done Slice::do_trim(std::uint64_t offset, std::uint64_t length) {
  return whole_->trim(offset_ + offset, length);
}

Result<Extent> Slice::do_extent(std::uint64_t offset) const {
  Extent extent = TRY(whole_->extent(offset_ + offset));
  extent.length = std::min(extent.length, length_ - offset);
  return extent;
}

}  // namespace drydock
