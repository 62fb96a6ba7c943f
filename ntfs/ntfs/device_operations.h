// A BlockDevice, as libntfs-3g wants its devices: a table of C functions.
//
// libntfs-3g knows errno only.  Whatever Error the device gives is kept here,
// so that the caller hears its words and places, and not "errno 5".
//
// Two more things are held from here, since the library can't be trusted with
// them: nothing is written until allow_writes(), and one call of the library
// reads no more often than it may -- which is how a tree that bites its own
// tail, on a stranger's disk, comes to an end.
//
// Until allow_writes(), small reads that follow each other are read ahead.

#pragma once

#include <memory>
#include <optional>

#include "ntfs/ntfs/read_ahead.h"
#include "vhd/block_device.h"

struct ntfs_device;

namespace drydock::ntfs {

class DeviceOperations {
 public:
  explicit DeviceOperations(DevicePtr device) : device_(std::move(device)) {}
  DeviceOperations(const DeviceOperations&) = delete;

  // A new ntfs_device that works on this, which must outlive it; ntfs_umount()
  // or ntfs_device_free() takes it back.  Null where memory is out.
  struct ntfs_device* allocate();

  // Until now, every write is refused.
  void allow_writes() { writes_allowed_ = true; }

  // From now on, the bytes at `offset` are shown as those at `source`.
  struct Redirection {
    std::uint64_t offset = 0;  // in bytes, as are the others
    std::uint64_t length = 0;
    std::uint64_t source = 0;
  };
  void redirect(Redirection redirection) { redirection_ = redirection; }

  // Forgets what was kept, and grants so many reads.
  void begin(std::uint64_t read_count_max);

  // The first Error since begin(), taken out.
  std::optional<Error> take_error();

  const DevicePtr& device() const { return device_; }
  // From now on, works on this one, which shows the same bytes.
  void set_device(DevicePtr device) {
    device_ = std::move(device);
    read_ahead_ = {};
  }

 private:
  struct Calls;
  void keep(Error error);
  Done read(std::uint64_t offset, MutableBytes into);
  Done read_device(std::uint64_t offset, MutableBytes into);

  DevicePtr device_;
  ReadAhead read_ahead_;
  std::optional<Error> error_;
  Redirection redirection_;
  std::uint64_t position_ = 0;  // of seek(), read() and write()
  std::uint64_t reads_left_ = 0;
  bool writes_allowed_ = false;
};

}  // namespace drydock::ntfs
