// Finds out which file system a device holds, and opens it.

#pragma once

#include "ntfs/file_system.h"

namespace drydock {

struct VolumeOptions {
  // Writes go to the device, if it is writable.
  bool writable = false;
  Clock clock = now;
};

// "ntfs", "fat32", "fat16", "fat12", "bitlocker", "exfat", "refs", or "" for
// bytes that bear no known mark; from the boot sector alone.
Result<std::string> detect_file_system(const BlockDevice& device);

// unsupported names a file system that was recognised and can't be opened;
// not_found where there is none; corrupt for one that can't be believed.
Result<FileSystemPtr> open_volume(DevicePtr device, VolumeOptions options = {});

}  // namespace drydock
