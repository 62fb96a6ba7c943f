#include "repair/driver/one_reader.h"

#include "vhd/base/try.h"

namespace drydock::driver {

namespace {

class LockedDevice final : public BlockDevice {
 public:
  LockedDevice(LockPtr lock, DevicePtr device)
      : lock_(std::move(lock)),
        device_(std::move(device)),
        size_(device_->size()),
        sector_size_(device_->sector_size()) {}
  // The last to hold the file closes it, and that reads the volume's own state.
  ~LockedDevice() override {
    std::scoped_lock hold(*lock_);
    device_.reset();
  }

  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override { return sector_size_; }
  bool writable() const override { return false; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    std::scoped_lock hold(*lock_);
    return device_->read(offset, into);
  }
  Done do_write(std::uint64_t, Bytes) override { return refuse(); }
  Done do_flush() override { return refuse(); }
  static Done refuse() { return Error(Errc::read_only, "it was opened for reading"); }

  LockPtr lock_;
  DevicePtr device_;
  std::uint64_t size_;
  std::uint32_t sector_size_;
};

class LockedFolder final : public signature::CatalogFolder {
 public:
  LockedFolder(LockPtr lock, signature::CatalogFolderPtr folder)
      : lock_(std::move(lock)), folder_(std::move(folder)) {}

  const std::string& place() const override { return folder_->place(); }
  Result<std::vector<Name>> names() const override {
    std::scoped_lock hold(*lock_);
    return folder_->names();
  }
  Result<ByteVector> read(const std::string& name) const override {
    std::scoped_lock hold(*lock_);
    return folder_->read(name);
  }

 private:
  LockPtr lock_;
  signature::CatalogFolderPtr folder_;
};

}  // namespace

Result<DevicePtr> open_locked(LockPtr lock, const FileSystem& volume,
                              const std::string& path) {
  std::unique_lock hold(*lock);
  DevicePtr device;
  {
    File file = TRY(volume.find(path));
    device = TRY(file.data());
  }
  hold.unlock();
  return DevicePtr(std::make_shared<LockedDevice>(std::move(lock), std::move(device)));
}

signature::CatalogFolderPtr locked(LockPtr lock, signature::CatalogFolderPtr folder) {
  return std::make_shared<LockedFolder>(std::move(lock), std::move(folder));
}

}  // namespace drydock::driver
