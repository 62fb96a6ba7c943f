// The data of a file in an NTFS volume, as a device: what a hive, a store or a
// disk image inside the volume is opened from.
//
// There is one for a stream at a time (Mount::data_of), so that two who hold the
// same file see each other's writes, and one size.

#pragma once

#include <memory>

#include "ntfs/ntfs/inode.h"
#include "ntfs/wof/compression.h"
#include "vhd/block_device.h"

namespace drydock::ntfs {

class Mount;

class DataDevice final : public BlockDevice {
 public:
  // bad_argument for a directory; not_found where it has no such stream;
  // unsupported, by name, for what EFS encrypted, and for what WOF keeps in a
  // way that isn't known.
  static Result<std::shared_ptr<DataDevice>> open(std::shared_ptr<Mount> mount,
                                                  StreamReference stream);

  // Says that the stream was replaced by other means, and is plain now: 0 when
  // it's removed.
  void replaced(std::uint64_t size) {
    size_ = size;
    expanded_ = nullptr;
  }

  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override;
  bool writable() const override;

 private:
  DataDevice(std::shared_ptr<Mount> mount, StreamReference stream, std::uint64_t size)
      : mount_(std::move(mount)), stream_(std::move(stream)), size_(size) {}
  std::string place() const;
  Done make_plain();
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override;
  Done do_resize(std::uint64_t size) override;
  Result<Extent> do_extent(std::uint64_t offset) const override;

  std::shared_ptr<Mount> mount_;
  StreamReference stream_;
  std::uint64_t size_;
  // Of a file that WOF compressed: its bytes, until it is first written to.
  DevicePtr expanded_;
};

// In which way WOF keeps the bytes of `inode`; nothing where it doesn't.
Result<std::optional<wof::Compression>> compression_by_wof(const Inode& inode);

// unsupported where the bytes of `inode` aren't what is stored: for EFS.
Done check_readable(const Inode& inode);

}  // namespace drydock::ntfs
