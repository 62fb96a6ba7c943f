// The first sector of an NTFS volume, believed.
//
// libntfs-3g takes sizes from here into shifts and allocations, so whatever it
// is to see goes through this first.

#pragma once

#include <cstdint>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::ntfs {

struct BootSector {
  std::uint32_t sector_size = 0;  // in bytes, as are the next three
  std::uint32_t cluster_size = 0;
  std::uint32_t record_size = 0;
  std::uint32_t index_size = 0;
  std::uint64_t volume_size = 0;    // in bytes
  std::uint64_t mft_offset = 0;     // in bytes
  std::uint64_t mirror_offset = 0;  // in bytes
  std::uint64_t serial_number = 0;

  // How many bytes of $MFT's start its mirror repeats.
  std::uint64_t mirror_size() const;
};

// not_found where it isn't marked as NTFS; corrupt where a number in it can't
// be, or the volume that it describes is larger than `device_size`.
Result<BootSector> read_boot_sector(Bytes sector, std::uint64_t device_size);

// Whether it ends in 55 AA, which NTFS doesn't ask for, and a BIOS does.
bool is_signed(Bytes sector);

}  // namespace drydock::ntfs
