// The sectors that hold a volume's own structures -- tables, FSInfo,
// directories -- as one change to it sees them.
//
// Writes stay here until commit(), or are forgotten by rollback(), so that a
// change that can't be finished leaves no trace.  What files hold doesn't come
// this way: see write_through().
//
// Threads: one at a time; reading fills the cache.

#pragma once

#include <unordered_map>

#include "vhd/block_device.h"

namespace drydock::fat {

class SectorCache {
 public:
  SectorCache(DevicePtr device, std::uint32_t sector_size)
      : device_(std::move(device)), sector_size_(sector_size) {}

  Done read(std::uint64_t offset, MutableBytes into) const;
  Done write(std::uint64_t offset, Bytes from);

  template <OnDisk T>
  Result<T> load_at(std::uint64_t offset) const {
    T value;
    Done done = read(offset, std::as_writable_bytes(std::span(&value, 1)));
    if (!done) return std::move(done).error();
    return value;
  }
  template <OnDisk T>
  Done store_at(std::uint64_t offset, const T& value) {
    return write(offset, bytes_of(value));
  }

  // Writes straight to the device, and forgets what was known of those bytes.
  Done write_through(std::uint64_t offset, Bytes from);

  // Writes all that was written here to the device, in ascending order.
  Done commit();

  // Forgets all that was written here since the last commit().
  void rollback();

  const DevicePtr& device() const { return device_; }

 private:
  struct Sector {
    ByteVector bytes;
    bool changed = false;
  };

  // The sector of that number, from the device if need be.
  Result<Sector*> sector(std::uint64_t number) const;
  Done read_run(std::uint64_t offset, MutableBytes into) const;
  void make_room() const;

  DevicePtr device_;
  std::uint32_t sector_size_;
  mutable std::unordered_map<std::uint64_t, Sector> sectors_;
};

}  // namespace drydock::fat
