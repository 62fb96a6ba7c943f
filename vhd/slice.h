// A part of another device, seen as a device of its own: a partition of a
// disk, a volume in an image file.

#pragma once

#include "vhd/block_device.h"

namespace drydock {

class Slice final : public BlockDevice {
 public:
  // The `length` bytes of `whole` from `offset` on.  bad_argument where they
  // don't lie within it.  Flushing a slice flushes the whole.
  static Result<DevicePtr> create(DevicePtr whole, std::uint64_t offset,
                                  std::uint64_t length);

  std::uint64_t size() const override { return length_; }
  std::uint32_t sector_size() const override { return whole_->sector_size(); }
  bool writable() const override { return whole_->writable(); }

 private:
  Slice(DevicePtr whole, std::uint64_t offset, std::uint64_t length)
      : whole_(std::move(whole)), offset_(offset), length_(length) {}
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override;
  Done do_zero(std::uint64_t offset, std::uint64_t length) override;
  Done do_trim(std::uint64_t offset, std::uint64_t length) override;
  Result<Extent> do_extent(std::uint64_t offset) const override;

  DevicePtr whole_;
  std::uint64_t offset_;
  std::uint64_t length_;
};

}  // namespace drydock
