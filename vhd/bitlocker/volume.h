// A volume that BitLocker encrypts, opened: the plain volume, as Windows shows it to
// its file system.
//
// Reads decrypt and writes encrypt.  A sector that is written is one write of a
// whole encrypted sector below, so that a power cut leaves it old or new, as it
// would a plain one; nothing else changes, and nothing needs a journal.  BitLocker's
// own parts -- the copies of its metadata, the place where it keeps the volume's
// first bytes -- read as zeros and can't be written.
//
// Which volumes can be read and not written: see README.md.

#pragma once

#include <memory>

#include "vhd/bitlocker/key_ring.h"
#include "vhd/bitlocker/metadata.h"
#include "vhd/block_device.h"

namespace drydock::bitlocker {

class Volume final : public BlockDevice {
 public:
  // Opens `below` by `ring`, or by a clear key where it has one.  Fails as
  // read_metadata() and KeyRing::unlock() do; unsupported, too, for a volume that is
  // encrypted only in part and doesn't say where.
  static Result<std::shared_ptr<Volume>> open(DevicePtr below, const KeyRing& ring);
  ~Volume() override;

  const Metadata& metadata() const;

  std::uint64_t size() const override;
  // What is encrypted at once: no less is ever written below.
  std::uint32_t sector_size() const override;
  // As `below` is.  Where a volume is read only for its state, writing fails with
  // read_only and says so.
  bool writable() const override;

 private:
  struct Impl;
  explicit Volume(std::unique_ptr<Impl> impl);
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override;
  Result<Extent> do_extent(std::uint64_t offset) const override;

  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::bitlocker
