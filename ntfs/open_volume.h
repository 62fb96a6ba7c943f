// Finds out which file system a device holds, and opens it.

#pragma once

#include "ntfs/file_system.h"
#include "vhd/bitlocker/key_ring.h"

namespace drydock {

// What a volume with unfinished work gets.
enum class Unclean : std::uint8_t {
  // Read with that work applied in memory, where all of it is understood, else
  // as it lies; written once it was applied for good, else not at all.
  automatic,
  refuse,   // neither read nor written
  replay,   // as automatic, but not read as it lies
  discard,  // read as it lies; the work is given up at the first change
};

struct VolumeOptions {
  // Writes go to the device, if it is writable.
  bool writable = false;
  Clock clock = now;
  Unclean unclean = Unclean::automatic;
  // A Windows that is hibernated, or was shut down for a fast start, remembers
  // what the volume held: its memory is given up at the first change.
  bool discard_hibernation = false;
  // What opens a volume that BitLocker encrypts.  One whose protection is suspended
  // needs none.
  bitlocker::KeyRingPtr keys = {};
};

// "ntfs", "fat32", "fat16", "fat12", "bitlocker", "exfat", "refs", or "" for
// bytes that bear no known mark; from the boot sector alone.
Result<std::string> detect_file_system(const BlockDevice& device);

// What a file system stands on: `device`, or, where BitLocker encrypts it, the plain
// volume in it.  Fails as bitlocker::Volume::open() does.
Result<DevicePtr> open_plain(DevicePtr device, const VolumeOptions& options = {});

// unsupported names a file system that was recognised and can't be opened;
// not_found where there is none; corrupt for one that can't be believed.  Of a
// volume that BitLocker encrypts, of what open_plain() finds in it.
Result<FileSystemPtr> open_volume(DevicePtr device, VolumeOptions options = {});

}  // namespace drydock
