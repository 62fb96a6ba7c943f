// The bytes of one simulated file, as a value: copies are cheap, because they
// share the base and every page that neither has changed since.
//
// The base may be a real file of a hundred megabytes; only what was written
// over it is held in memory, by pages.

#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "vhd/block_device.h"

namespace drydock::power_cut {

class Content {
 public:
  Content() = default;  // an empty file
  // What `base` holds, which must not change as long as any copy is used.
  explicit Content(DevicePtr base);
  explicit Content(ByteVector bytes);

  std::uint64_t size() const { return size_; }

  // Both lie within size(); the caller has checked.
  Done read(std::uint64_t offset, MutableBytes into) const;
  Done write(std::uint64_t offset, Bytes from);
  // Grows with zeros, or cuts.
  Done resize(std::uint64_t size);

  // The same bytes as a device that takes no writes.
  DevicePtr device() const;

 private:
  static constexpr std::uint64_t kPageSize = 4096;

  DevicePtr base_;
  std::uint64_t base_size_ = 0;  // how much of the base still shows
  std::uint64_t size_ = 0;
  // By page number; a page that was touched is held whole, zero past the end.
  std::map<std::uint64_t, std::shared_ptr<ByteVector>> pages_;
};

}  // namespace drydock::power_cut
