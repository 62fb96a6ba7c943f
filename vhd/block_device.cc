#include "vhd/block_device.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock {

namespace {

Done check_range(std::string_view verb, std::uint64_t offset, std::uint64_t length,
                 std::uint64_t size) {
  if (checked::within(offset, length, size)) return {};
  return Error(Errc::bad_argument,
               fmt::format("{} of {} bytes at offset {} runs past the end at {}", verb,
                           length, offset, size));
}

}  // namespace

Done BlockDevice::read(std::uint64_t offset, MutableBytes into) const {
  TRY(check_range("read", offset, into.size(), size()));
  if (into.empty()) return {};
  return do_read(offset, into);
}

Done BlockDevice::check_change(std::string_view verb, std::uint64_t offset,
                               std::uint64_t length) const {
  if (!writable()) return Error(Errc::read_only, "this was opened for reading only");
  return check_range(verb, offset, length, size());
}

Done BlockDevice::write(std::uint64_t offset, Bytes from) {
  TRY(check_change("write", offset, from.size()));
  if (from.empty()) return {};
  return do_write(offset, from);
}

Done BlockDevice::zero(std::uint64_t offset, std::uint64_t length) {
  TRY(check_change("zero", offset, length));
  if (length == 0) return {};
  return do_zero(offset, length);
}

Done BlockDevice::trim(std::uint64_t offset, std::uint64_t length) {
  TRY(check_change("trim", offset, length));
  if (length == 0) return {};
  return do_trim(offset, length);
}

Done BlockDevice::flush() {
  if (!writable()) return {};
  return do_flush();
}

Done BlockDevice::resize(std::uint64_t size) {
  if (!writable()) return Error(Errc::read_only, "this was opened for reading only");
  if (size == this->size()) return {};
  return do_resize(size);
}

Result<Extent> BlockDevice::extent(std::uint64_t offset) const {
  TRY(check_range("extent", offset, 0, size()));
  if (offset == size()) return Extent{};
  return do_extent(offset);
}

Done BlockDevice::write_zeros(std::uint64_t offset, std::uint64_t length) {
  static const ByteVector kZeros(1 << 20);
  for (std::uint64_t end = offset + length; offset < end;) {
    Extent extent = TRY(do_extent(offset));
    std::uint64_t part = std::min(extent.length, end - offset);
    if (!extent.zero) {
      part = std::min<std::uint64_t>(part, kZeros.size());
      TRY(do_write(offset, Bytes(kZeros).first(part)));
    }
    offset += part;
  }
  return {};
}

Done BlockDevice::do_zero(std::uint64_t offset, std::uint64_t length) {
  return write_zeros(offset, length);
}

Done BlockDevice::do_trim(std::uint64_t, std::uint64_t) { return {}; }

Done BlockDevice::do_resize(std::uint64_t) {
  return Error(Errc::unsupported, "the size of this device can't be changed");
}

Result<Extent> BlockDevice::do_extent(std::uint64_t offset) const {
  return Extent{.length = size() - offset, .zero = false};
}

Result<ByteVector> read_bytes(const BlockDevice& device, std::uint64_t offset,
                              std::uint64_t length, std::uint64_t length_max) {
  if (length > length_max) {
    return Error(Errc::corrupt, fmt::format("{} bytes are more than the {} that there "
                                            "can be here",
                                            length, length_max));
  }
  TRY(check_range("read", offset, length, device.size()));
  ByteVector bytes(length);
  TRY(device.read(offset, bytes));
  return bytes;
}

}  // namespace drydock
