// An overlay takes every write meant for the device beneath it and keeps it in
// memory; reads see the writes over the bytes below, which never change.
//
// A repair is rehearsed on one: when it has thought to the end, changes() is
// the whole repair as a list of extents, to be journalled and committed, or
// to be dropped with the overlay.

#pragma once

#include <map>
#include <vector>

#include "vhd/block_device.h"

namespace drydock {

class Overlay final : public BlockDevice {
 public:
  // A run of bytes that differ from the device beneath.
  struct Change {
    std::uint64_t offset = 0;  // in bytes, a multiple of the sector size
    ByteVector before;         // what the device beneath holds
    ByteVector after;          // what the overlay shows; as long as `before`
  };

  explicit Overlay(DevicePtr below) : below_(std::move(below)) {}

  // Every sector that differs from the device beneath, in ascending order,
  // neighbours joined.  A sector that was written with what it already held
  // isn't a change.  Fails as reading the device beneath does.
  Result<std::vector<Change>> changes() const;

  // How many bytes of memory the kept writes take.
  std::uint64_t kept_size() const { return pages_.size() * kPageSize; }

  std::uint64_t size() const override { return below_->size(); }
  std::uint32_t sector_size() const override { return below_->sector_size(); }
  bool writable() const override { return true; }

 private:
  static constexpr std::uint64_t kPageSize = 4096;

  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override { return {}; }
  Result<Extent> do_extent(std::uint64_t offset) const override;

  DevicePtr below_;
  // By page number; a page that was touched is held whole.  The last page of
  // a device is held at full size too, and zero past the end.
  std::map<std::uint64_t, ByteVector> pages_;
};

}  // namespace drydock
