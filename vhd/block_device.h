// A BlockDevice is a run of bytes that can be read, written and flushed.
//
// Almost everything that drydock opens is one: a host file, a VHD or VHDX
// image, a chain of parents, a partition, the data of a file inside NTFS,
// the overlay that gathers a repair's writes, and the simulated disk that
// loses power halfway through one.  They stack, each sharing in the life of
// the device beneath it, so a hive read out of a file in a volume in a
// partition of a differencing image goes through one interface six times.
//
// Threads: const members may run at the same time as each other.  All others
// need the device to themselves.

#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock {

// A run of bytes of which one thing is known.
struct Extent {
  std::uint64_t length = 0;  // in bytes; 0 only at the device's end
  bool zero = false;         // true: they read as zeros; false: nobody promises
};

class BlockDevice {
 public:
  BlockDevice(const BlockDevice&) = delete;
  BlockDevice& operator=(const BlockDevice&) = delete;
  virtual ~BlockDevice() = default;

  // In bytes.  Changes only by resize().
  virtual std::uint64_t size() const = 0;

  // The unit that reaches the medium whole or not at all: 512 or 4096.
  virtual std::uint32_t sector_size() const = 0;

  virtual bool writable() const = 0;

  // Fills `into` with the bytes at `offset`.  Asking for a byte past size()
  // is bad_argument, and leaves `into` as it was.  Needs no alignment.
  Done read(std::uint64_t offset, MutableBytes into) const;

  // Replaces the bytes at `offset`.  Later reads see them; a power cut may
  // undo or tear them, sector by sector and in any order, until flush().
  // read_only on a device that isn't writable; bad_argument past the end.
  Done write(std::uint64_t offset, Bytes from);

  // Makes `length` bytes at `offset` read as zeros, giving their space back
  // where the device can.  As safe as a write, and fails as one does.
  Done zero(std::uint64_t offset, std::uint64_t length);

  // Nobody needs these bytes any more: until they are written again they read
  // as they did, or as zeros.  Fails as a write does.
  Done trim(std::uint64_t offset, std::uint64_t length);

  // Returns once every write that returned before it is safe.
  Done flush();

  // Grows with zeros, or cuts.  unsupported where the size is a fact of
  // something else, as a partition's is.
  Done resize(std::uint64_t size);

  // What is known, without reading them, of the bytes from `offset` on: the
  // answer may stop short, and the next call goes on.  What walks a whole disk
  // asks this first, and so never reads the hundred empty gigabytes.
  // bad_argument past the end; at the end, a length of 0.
  Result<Extent> extent(std::uint64_t offset) const;

 protected:
  BlockDevice() = default;

  // Writes zeros wherever the device doesn't know that they are zeros already:
  // what do_zero() does unless a device knows better.
  Done write_zeros(std::uint64_t offset, std::uint64_t length);

 private:
  Done check_change(std::string_view verb, std::uint64_t offset,
                    std::uint64_t length) const;
  // The public members above have checked the range, dropped empty requests
  // and refused writes to what isn't writable, so that no device has to.
  virtual Done do_read(std::uint64_t offset, MutableBytes into) const = 0;
  virtual Done do_write(std::uint64_t offset, Bytes from) = 0;
  virtual Done do_flush() = 0;
  virtual Done do_zero(std::uint64_t offset, std::uint64_t length);
  virtual Done do_trim(std::uint64_t offset, std::uint64_t length);
  virtual Done do_resize(std::uint64_t size);
  virtual Result<Extent> do_extent(std::uint64_t offset) const;
};

// The one thing in drydock with shared ownership: partitions of one disk
// share it, and a volume outlives the code that opened its image.
using DevicePtr = std::shared_ptr<BlockDevice>;

// `length` bytes from `offset` on, in memory.  `length_max` is the caller's
// bound on what an honest disk would ask for: corrupt where `length` is above
// it, before anything is allocated.
Result<ByteVector> read_bytes(const BlockDevice& device, std::uint64_t offset,
                              std::uint64_t length, std::uint64_t length_max);

}  // namespace drydock
