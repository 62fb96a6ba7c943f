// What a partition table is made of, on the disk: UEFI 2.10, chapter 5.

#pragma once

#include <array>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"
#include "vhd/base/guid.h"

namespace drydock::partition {

// Of MBR and volume boot sectors alike, at +0x1fe whatever a sector's size.
inline constexpr std::uint16_t kBootSignature = 0xAA55;
inline constexpr std::size_t kBootSectorSize = 512;

// UEFI 2.10, table 5.2.
struct MbrEntry {
  std::uint8_t status;                    // +0x00  BootIndicator: 0x80 or 0
  std::array<std::uint8_t, 3> first_chs;  // +0x01
  std::uint8_t type;                      // +0x04  OSType; 0 is an empty slot
  std::array<std::uint8_t, 3> last_chs;   // +0x05
  le32 first_lba;                         // +0x08
  le32 sector_count;                      // +0x0c
};
static_assert(OnDisk<MbrEntry> && sizeof(MbrEntry) == 16);

// The one partition of a protective MBR: it covers the whole disk, so that a
// program that knows no GPT sees no room to write in.  UEFI 2.10, 5.2.3.
inline constexpr std::uint8_t kProtectiveType = 0xEE;

// UEFI 2.10, table 5.1.
struct Mbr {
  std::array<std::byte, 440> boot_code;  // +0x000
  le32 disk_signature;                   // +0x1b8  UniqueMBRDiskSignature
  le16 unknown;                          // +0x1bc
  std::array<MbrEntry, 4> entries;       // +0x1be
  le16 signature;                        // +0x1fe
};
static_assert(OnDisk<Mbr> && sizeof(Mbr) == kBootSectorSize);

inline constexpr std::string_view kGptSignature = "EFI PART";

// In LBA 1, and again at AlternateLBA, the disk's last.  UEFI 2.10, table 5.5.
struct GptHeader {
  std::array<char, 8> signature;  // +0x00  "EFI PART"
  le32 revision;                  // +0x08  0x00010000; not checked, as nobody does
  le32 header_size;               // +0x0c  92, up to a whole sector
  le32 header_crc;                // +0x10  CRC-32 of the header, this field zero
  le32 reserved;                  // +0x14
  le64 my_lba;                    // +0x18  where this header itself is
  le64 alternate_lba;             // +0x20  where the other one is
  le64 first_usable_lba;          // +0x28
  le64 last_usable_lba;           // +0x30  inclusive
  Guid disk_id;                   // +0x38  DiskGUID
  le64 entries_lba;               // +0x48  PartitionEntryLBA
  le32 entry_count;               // +0x50  NumberOfPartitionEntries
  le32 entry_size;                // +0x54  SizeOfPartitionEntry
  le32 entries_crc;               // +0x58  CRC-32 of count * size bytes
};
static_assert(OnDisk<GptHeader> && sizeof(GptHeader) == 92);

// UEFI 2.10, table 5.6.
struct GptEntry {
  Guid type;                       // +0x00  zero: an empty slot
  Guid id;                         // +0x10  UniquePartitionGUID
  le64 first_lba;                  // +0x20
  le64 last_lba;                   // +0x28  inclusive
  le64 attributes;                 // +0x30
  std::array<std::byte, 72> name;  // +0x38  UTF-16, up to a NUL if there's room
};
static_assert(OnDisk<GptEntry> && sizeof(GptEntry) == 128);

}  // namespace drydock::partition
