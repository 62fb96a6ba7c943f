// One volume, mounted by libntfs-3g on a BlockDevice: what the volume, its
// files and their data share, and what lives as long as the last of them.
//
// It is always mounted without a write, as for forensics.  condition() says how
// it was left.  What its log holds is applied in memory (unfinished.h), and for
// good, or given up, by settle(): once, when the first change comes, and only
// then may the library write.
//
// libntfs-3g must never open one inode twice: each copy would have its own
// idea of the record, and the last closed would win.  So between two calls on
// a volume no inode is open, but for one file's of which a stream is being read or
// written, the warm one; and every call but those on its data starts by
// closing it.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "ntfs/ntfs/boot_sector.h"
#include "ntfs/ntfs/device_operations.h"
#include "ntfs/ntfs/inode.h"
#include "ntfs/ntfs/state.h"
#include "ntfs/ntfs/trial.h"
#include "ntfs/ntfs/unfinished.h"
#include "ntfs/open_volume.h"

namespace drydock::ntfs {

class DataDevice;

class Mount final : public std::enable_shared_from_this<Mount> {
 public:
  // As ntfs::open().
  static Result<std::shared_ptr<Mount>> open(DevicePtr partition,
                                             VolumeOptions options);
  Mount(const Mount&) = delete;
  ~Mount();

  _ntfs_volume* volume() { return volume_; }
  const BootSector& boot_sector() const { return boot_sector_; }
  const VolumeCondition& condition() const { return condition_; }
  FileTime time() const { return options_.clock(); }

  // Whether changes were asked for and the device takes them; the volume may
  // still not be clean.
  bool writable() const;

  // As FileSystem has them.
  Done settle();
  Done check_settle() const;
  const std::vector<Settlement>& settlements() const { return settlements_; }

  // What settle() begins with, in the place of try_library() of trial.h: nothing for
  // the trial's own mounts, and in a test one that fails.
  using Trial = Done (*)(DevicePtr, const VolumeOptions&);
  void set_trial(Trial trial) { trial_ = trial; }

  // Starts a call that looks something up: closes the warm file, and grants
  // the reads that an honest volume needs.  Fails where an earlier write to
  // the warm file can't be finished.
  Done begin();

  // Starts a call that changes something, and may write `length` bytes of data:
  // read_only, or busy, where it may not.
  Done begin_change(std::uint64_t length = 0);

  // Starts a call on the bytes of `stream`, and gives it, open and warm.
  Result<OpenData*> begin_data(const StreamReference& stream);
  Result<OpenData*> begin_data_change(const StreamReference& stream);

  // What the library's last call failed of: the device's own Error, else what
  // errno and its messages say.  Call it at once.
  Error failure(std::string_view doing);

  // Every write is on the device, and the device is flushed.
  Done flush();

  // The device over the bytes of `stream`: the same one while anybody holds it,
  // so that all see one size.
  Result<std::shared_ptr<DataDevice>> data_of(const StreamReference& stream);
  // Tells whoever holds it that the stream was replaced by plain bytes, so many;
  // or that the file is gone, with all its streams.
  void tell_replaced(const StreamReference& stream, std::uint64_t size);
  void tell_removed(Reference file);

 private:
  Mount(Unfinished unfinished, VolumeOptions options, BootSector boot_sector);
  Done mount();
  Done examine();
  Done examine_mirror();
  Done examine_hibernation();
  Done settle_log();
  std::string lost_words();
  Done settle_mirror();
  Done settle_hibernation();
  Done zero_start(Reference hibernation_file);
  Done mark_dirty();
  Result<OpenData*> warm(const StreamReference& stream);
  Done cool();

  VolumeOptions options_;
  BootSector boot_sector_;
  Unfinished unfinished_;
  DeviceOperations operations_;
  _ntfs_volume* volume_ = nullptr;
  VolumeCondition condition_;
  bool mirror_differs_ = false;  // in whatever record
  bool mirror_torn_ = false;     // in those that Windows keeps alike
  bool chkdsk_underway_ = false;
  Trial trial_ = try_library;  // until it was passed
  bool settled_ = false;
  std::vector<Settlement> settlements_;
  std::unique_ptr<OpenData> warm_;
  // By Reference and name.
  using DataKey = std::pair<std::uint64_t, std::u16string>;
  std::map<DataKey, std::weak_ptr<DataDevice>> data_;
};

}  // namespace drydock::ntfs
