// The boot sector and its copy.  Windows reads the first alone, and keeps the second
// for the day when it can't: nothing in a running system looks at it.

#include <fmt/format.h>

#include "ntfs/mend/wounds.h"
#include "ntfs/ntfs/boot_copy.h"
#include "ntfs/record/file_table.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// Whether its numbers lead to a file table.
bool leads_to_files(const BlockDevice& volume, const BootSector& boot) {
  return static_cast<bool>(FileTable::open(volume, boot));
}

std::string copy_words(const FoundBootSector& copy) {
  return fmt::format("the copy at {} is sound, and $MFT is where it says, at {}",
                     copy.boot.volume_size, copy.boot.mft_offset);
}

// The first sector anew, from the copy.
VolumeWound torn(const FoundBootSector& copy, std::string why) {
  return {.what = "the boot sector is torn, and its copy is sound",
          .evidence = {std::move(why), copy_words(copy)},
          .stops_mount = true,
          .cure = {{.offset = 0, .bytes = copy.bytes}},
          .cured = "the boot sector is written anew from its copy"};
}

// The copy anew, where there is room for one behind the volume.
Result<std::optional<VolumeWound>> find_copy_wound(const BlockDevice& volume,
                                                   const BootSector& boot,
                                                   const ByteVector& sector) {
  std::uint64_t offset = boot.volume_size;
  if (!checked::within(offset, kBootSectorSize, volume.size())) return {std::nullopt};
  ByteVector copy = TRY(read_bytes(volume, offset, kBootSectorSize, kBootSectorSize));
  if (copy == sector || !leads_to_files(volume, boot)) return {std::nullopt};
  auto numbers = read_boot_sector(copy, volume.size());
  std::string why = numbers ? "it is a boot sector, but not the first one's twin"
                            : fmt::format("it is none: {}", numbers.error().describe());
  return std::optional(VolumeWound{
      .what = "the boot sector's copy isn't its twin",
      .evidence = {fmt::format("the sector at {}: {}", offset, why),
                   fmt::format("the boot sector is sound, and $MFT is where it says, "
                               "at {}",
                               boot.mft_offset)},
      .cure = {{.offset = offset, .bytes = sector}},
      .cured = "the copy is written anew"});
}

}  // namespace

Result<std::optional<VolumeWound>> find_boot_wound(const BlockDevice& volume) {
  if (volume.size() < kBootSectorSize) return {std::nullopt};
  ByteVector sector = TRY(read_bytes(volume, 0, kBootSectorSize, kBootSectorSize));
  auto boot = read_boot_sector(sector, volume.size());
  bool sound = boot && leads_to_files(volume, *boot);
  if (sound && is_signed(sector)) return find_copy_wound(volume, *boot, sector);

  auto copy = find_boot_copy(volume);
  // Without one there is nothing to mend it from, and maybe no NTFS here at all.
  if (!copy || !is_signed(copy->bytes)) return {std::nullopt};
  if (!leads_to_files(volume, copy->boot)) return {std::nullopt};
  std::string why =
      !boot   ? boot.error().describe()
      : sound ? "it doesn't end in 55 AA"
              : fmt::format("there is no $MFT where it says, at {}", boot->mft_offset);
  return std::optional(torn(*copy, "the first sector: " + why));
}

}  // namespace drydock::ntfs
