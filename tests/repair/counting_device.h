// A device that counts what is read of the one beneath it.

#pragma once

#include <atomic>

#include "vhd/block_device.h"

namespace drydock {

class CountingDevice final : public BlockDevice {
 public:
  explicit CountingDevice(DevicePtr below) : below_(std::move(below)) {}

  std::uint64_t bytes_read() const { return bytes_read_; }

  std::uint64_t size() const override { return below_->size(); }
  std::uint32_t sector_size() const override { return below_->sector_size(); }
  bool writable() const override { return below_->writable(); }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    bytes_read_ += into.size();
    return below_->read(offset, into);
  }
  Done do_write(std::uint64_t offset, Bytes from) override {
    return below_->write(offset, from);
  }
  Done do_flush() override { return below_->flush(); }

  DevicePtr below_;
  mutable std::atomic<std::uint64_t> bytes_read_ = 0;
};

}  // namespace drydock
