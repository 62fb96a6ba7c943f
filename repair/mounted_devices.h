// HKLM\SYSTEM\MountedDevices: which volume a Windows knows by which letter.

#pragma once

#include <optional>

#include "repair/hive/hive.h"
#include "vhd/partition/table.h"

namespace drydock::repair {

// A volume as a MountedDevices value names it.
struct MountedDevice {
  std::optional<Guid> partition_id;  // a GPT partition's
  std::uint32_t mbr_signature = 0;   // else: of an MBR disk,
  std::uint64_t mbr_offset = 0;      // and in bytes, where the partition starts
};

// Two forms name a partition: "DMIO:ID:" and 16 bytes of partition GUID, or 4
// bytes of disk signature and 8 of offset.  Nothing for the others (removable
// drives are named by their device path).
std::optional<MountedDevice> parse_mounted_device(Bytes data);

// The letter of each partition that has one: the values "\DosDevices\X:".
struct MountedLetter {
  char letter = 'c';  // lower case
  MountedDevice device;
};
Result<std::vector<MountedLetter>> read_mounted_letters(const hive::Hive& system);

}  // namespace drydock::repair
