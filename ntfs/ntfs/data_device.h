// The data of a file in an NTFS volume, as a device: what a hive, a store or a
// disk image inside the volume is opened from.
//
// There is one for a file at a time (Mount::data_of), so that two who hold the
// same file see each other's writes, and one size.

#pragma once

#include <memory>

#include "ntfs/ntfs/inode.h"
#include "vhd/block_device.h"

namespace drydock::ntfs {

class Mount;

class DataDevice final : public BlockDevice {
 public:
  // bad_argument for a directory; unsupported, by name, for what EFS encrypted
  // or WOF compressed.
  static Result<std::shared_ptr<DataDevice>> open(std::shared_ptr<Mount> mount,
                                                  Reference file);

  // Says that the file's size was changed by other means; 0 when it's removed.
  void set_size(std::uint64_t size) { size_ = size; }

  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override;
  bool writable() const override;

 private:
  DataDevice(std::shared_ptr<Mount> mount, Reference file, std::uint64_t size)
      : mount_(std::move(mount)), file_(file), size_(size) {}
  Done do_read(std::uint64_t offset, MutableBytes into) const override;
  Done do_write(std::uint64_t offset, Bytes from) override;
  Done do_flush() override;
  Done do_resize(std::uint64_t size) override;
  Result<Extent> do_extent(std::uint64_t offset) const override;

  std::shared_ptr<Mount> mount_;
  Reference file_;
  std::uint64_t size_;
};

// unsupported where the bytes of `inode`'s data aren't what is stored: for EFS
// and for WOF.
Done check_readable(const Inode& inode);

}  // namespace drydock::ntfs
