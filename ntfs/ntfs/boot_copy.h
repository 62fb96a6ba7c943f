// The boot sector's copy, in the last sector of the volume's partition.

#pragma once

#include "ntfs/ntfs/boot_sector.h"
#include "vhd/block_device.h"

namespace drydock::ntfs {

// What counts of a boot sector; a 4 KiB sector has nothing behind it.
inline constexpr std::size_t kBootSectorSize = 512;

// A boot sector that can be believed, and its bytes.
struct FoundBootSector {
  BootSector boot = {};
  ByteVector bytes = {};
  bool from_copy = false;  // since the first can't be
};

// The copy in the device's last sector; not_found where that isn't one of this device.
Result<FoundBootSector> find_boot_copy(const BlockDevice& device);

// As read_boot_sector() says of the device's first sector.
Result<BootSector> find_boot_sector(const BlockDevice& device);

}  // namespace drydock::ntfs
