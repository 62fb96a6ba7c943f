#include "ntfs/ntfs/device_operations.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "ntfs/ntfs/libntfs.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

// What libntfs-3g calls.  None may throw or return an Error.
struct DeviceOperations::Calls {
  static DeviceOperations& self(struct ntfs_device* device) {
    return *static_cast<DeviceOperations*>(device->d_private);
  }

  static int open(struct ntfs_device* device, int) {
    if (NDevOpen(device)) {
      errno = EBUSY;
      return -1;
    }
    NDevSetOpen(device);
    return 0;
  }

  static int close(struct ntfs_device* device) {
    NDevClearOpen(device);
    return 0;
  }

  static s64 seek(struct ntfs_device* device, s64 offset, int whence) {
    DeviceOperations& on = self(device);
    std::uint64_t base = whence == SEEK_CUR   ? on.position_
                         : whence == SEEK_END ? on.device_->size()
                                              : 0;
    s64 target = 0;
    if (__builtin_add_overflow(static_cast<s64>(base), offset, &target) || target < 0 ||
        static_cast<std::uint64_t>(target) > on.device_->size()) {
      errno = EINVAL;
      return -1;
    }
    on.position_ = static_cast<std::uint64_t>(target);
    return target;
  }

  static s64 read(struct ntfs_device* device, void* buffer, s64 count) {
    DeviceOperations& on = self(device);
    s64 done = pread(device, buffer, count, static_cast<s64>(on.position_));
    if (done > 0) on.position_ += static_cast<std::uint64_t>(done);
    return done;
  }

  static s64 write(struct ntfs_device* device, const void* buffer, s64 count) {
    DeviceOperations& on = self(device);
    s64 done = pwrite(device, buffer, count, static_cast<s64>(on.position_));
    if (done > 0) on.position_ += static_cast<std::uint64_t>(done);
    return done;
  }

  // As POSIX has it: short at the end, 0 past it.
  static s64 pread(struct ntfs_device* device, void* buffer, s64 count, s64 offset) {
    DeviceOperations& on = self(device);
    if (count < 0 || offset < 0) {
      errno = EINVAL;
      return -1;
    }
    auto start = static_cast<std::uint64_t>(offset);
    if (start >= on.device_->size()) return 0;
    std::size_t length =
        std::min(static_cast<std::uint64_t>(count), on.device_->size() - start);
    Done done = on.read(start, {static_cast<std::byte*>(buffer), length});
    if (done) return static_cast<s64>(length);
    on.keep(std::move(done).error());
    errno = EIO;
    return -1;
  }

  static s64 pwrite(struct ntfs_device* device, const void* buffer, s64 count,
                    s64 offset) {
    DeviceOperations& on = self(device);
    if (!on.writes_allowed_) {
      on.keep(Error(Errc::read_only, "this volume was opened for reading only"));
      errno = EROFS;
      return -1;
    }
    if (count < 0 || offset < 0) {
      errno = EINVAL;
      return -1;
    }
    Done done = on.device_->write(
        static_cast<std::uint64_t>(offset),
        {static_cast<const std::byte*>(buffer), static_cast<std::size_t>(count)});
    if (done) return count;
    on.keep(std::move(done).error());
    errno = EIO;
    return -1;
  }

  static int sync(struct ntfs_device* device) {
    if (!NDevDirty(device)) return 0;
    DeviceOperations& on = self(device);
    Done done = on.device_->flush();
    if (done) {
      NDevClearDirty(device);
      return 0;
    }
    on.keep(std::move(done).error());
    errno = EIO;
    return -1;
  }

  // Only the library's tools ask.
  static int stat(struct ntfs_device*, struct stat*) {
    errno = EOPNOTSUPP;
    return -1;
  }

  // The library asks for geometry and block sizes, and takes no for an answer.
  static int ioctl(struct ntfs_device*, unsigned long, void*) {
    errno = EOPNOTSUPP;
    return -1;
  }
};

struct ntfs_device* DeviceOperations::allocate() {
  // Never written to; the library's type has no const.
  static struct ntfs_device_operations table = {
      Calls::open,  Calls::close,  Calls::seek, Calls::read, Calls::write,
      Calls::pread, Calls::pwrite, Calls::sync, Calls::stat, Calls::ioctl};
  return ntfs_device_alloc("drydock", 0, &table, this);
}

void DeviceOperations::begin(std::uint64_t read_count_max) {
  error_.reset();
  reads_left_ = read_count_max;
  // Between two calls, others may write to what can be written.
  if (device_->writable()) read_ahead_.forget();
}

std::optional<Error> DeviceOperations::take_error() {
  std::optional<Error> error = std::move(error_);
  error_.reset();
  return error;
}

void DeviceOperations::keep(Error error) {
  if (!error_) error_ = std::move(error);
}

Done DeviceOperations::read_device(std::uint64_t offset, MutableBytes into) {
  if (writes_allowed_) return device_->read(offset, into);
  return read_ahead_.read(*device_, offset, into);
}

Done DeviceOperations::read(std::uint64_t offset, MutableBytes into) {
  if (reads_left_ == 0) {
    return Error(
        Errc::corrupt,
        "this takes more reads than it can need: its structures go in circles");
  }
  --reads_left_;
  TRY(read_device(offset, into));
  if (!checked::overlap(offset, into.size(), redirection_.offset,
                        redirection_.length)) {
    return {};
  }
  std::uint64_t from = std::max(offset, redirection_.offset);
  std::uint64_t end =
      std::min(offset + into.size(), redirection_.offset + redirection_.length);
  return device_->read(redirection_.source + (from - redirection_.offset),
                       into.subspan(from - offset, end - from));
}

}  // namespace drydock::ntfs
