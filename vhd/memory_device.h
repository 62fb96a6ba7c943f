// A device whose bytes are in memory: a hive being edited, a test's disk.

#pragma once

#include "vhd/block_device.h"

namespace drydock {

class MemoryDevice final : public BlockDevice {
 public:
  // Holds `bytes`, and is writable and resizable.
  explicit MemoryDevice(ByteVector bytes, std::uint32_t sector_size = 512)
      : bytes_(std::move(bytes)), sector_size_(sector_size) {}
  explicit MemoryDevice(std::uint64_t size) : MemoryDevice(ByteVector(size)) {}

  // What it holds now; valid until the next resize().
  Bytes bytes() const { return bytes_; }

  std::uint64_t size() const override { return bytes_.size(); }
  std::uint32_t sector_size() const override { return sector_size_; }
  bool writable() const override { return true; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override { return {}; }
  Done do_resize(std::uint64_t size) override;

  ByteVector bytes_;
  std::uint32_t sector_size_;
};

}  // namespace drydock
