// A copy of a device in memory, its holes left out: an image file of gigabytes
// that holds four megabytes takes four, and reading it asks nobody.

#pragma once

#include <map>

#include "vhd/block_device.h"

namespace drydock::scenarios {

class MemoryCopy final : public BlockDevice {
 public:
  // Fails as reading does.
  static Result<DevicePtr> of(const BlockDevice& device);

  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override { return sector_size_; }
  bool writable() const override { return false; }

 private:
  static constexpr std::uint64_t kPieceSize = 64 * 1024;

  MemoryCopy(std::uint64_t size, std::uint32_t sector_size)
      : size_(size), sector_size_(sector_size) {}
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override { return {}; }
  Result<Extent> do_extent(std::uint64_t offset) const override;

  std::uint64_t size_;
  std::uint32_t sector_size_;
  // By number; those that aren't all zeros.
  std::map<std::uint64_t, ByteVector> pieces_;
};

}  // namespace drydock::scenarios
