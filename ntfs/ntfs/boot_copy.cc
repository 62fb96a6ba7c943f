#include "ntfs/ntfs/boot_copy.h"

#include "vhd/base/try.h"

namespace drydock::ntfs {

Result<FoundBootSector> find_boot_copy(const BlockDevice& device) {
  // 512 bytes, but for disks whose sectors are of 4 KiB: a copy says which.
  for (std::uint64_t sector_size : {512, 4096}) {
    std::uint64_t sectors = device.size() / sector_size;
    if (sectors < 2) continue;
    std::uint64_t offset = (sectors - 1) * sector_size;
    FoundBootSector copy{
        .bytes = TRY(read_bytes(device, offset, kBootSectorSize, kBootSectorSize)),
        .from_copy = true};
    auto boot = read_boot_sector(copy.bytes, device.size());
    if (!boot || boot->volume_size != offset) continue;
    copy.boot = *boot;
    return copy;
  }
  return Error(Errc::not_found, "the last sector isn't a copy of a boot sector");
}

Result<BootSector> find_boot_sector(const BlockDevice& device) {
  ByteVector sector(kBootSectorSize);
  if (device.size() >= sector.size()) TRY(device.read(0, sector));
  return read_boot_sector(sector, device.size());
}

}  // namespace drydock::ntfs
