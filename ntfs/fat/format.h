// What a FAT volume is made of, on the disk: Microsoft's "FAT: General
// Overview of On-Disk Format" 1.03, called "the paper" in this folder.

#pragma once

#include <array>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock::fat {

inline constexpr std::size_t kBootSectorSize = 512;
inline constexpr std::uint16_t kBootSignature = 0xAA55;

// The width of a table's entries, in bits, is what the three differ in.
enum class Kind : std::uint8_t { fat12 = 12, fat16 = 16, fat32 = 32 };

// Sector 0.  The first 36 bytes are common to FAT12, FAT16 and FAT32, the rest
// is FAT32's.  Pages 9 to 12.
struct BootSector {
  std::array<std::uint8_t, 3> jump;      // +0x000  BS_jmpBoot: EB xx 90 or E9 xx xx
  std::array<std::byte, 8> oem_name;     // +0x003  BS_OEMName: means nothing
  le16 bytes_per_sector;                 // +0x00b  512, 1024, 2048 or 4096
  std::uint8_t sectors_per_cluster;      // +0x00d  a power of two
  le16 reserved_sector_count;            // +0x00e  in front of the first table
  std::uint8_t table_count;              // +0x010  BPB_NumFATs: 2, or 1
  le16 root_entry_count;                 // +0x011  0 on FAT32
  le16 sector_count_16;                  // +0x013  0: sector_count holds it
  std::uint8_t media;                    // +0x015  0xF0, or 0xF8 to 0xFF
  le16 table_sectors_16;                 // +0x016  BPB_FATSz16: 0 on FAT32
  le16 sectors_per_track;                // +0x018
  le16 head_count;                       // +0x01a
  le32 hidden_sector_count;              // +0x01c
  le32 sector_count;                     // +0x020  BPB_TotSec32
  le32 table_sectors;                    // +0x024  BPB_FATSz32: of one table
  le16 table_flags;                      // +0x028  BPB_ExtFlags, see below
  le16 version;                          // +0x02a  BPB_FSVer: 0
  le32 root_cluster;                     // +0x02c
  le16 info_sector;                      // +0x030  BPB_FSInfo: 1
  le16 backup_boot_sector;               // +0x032  6
  std::array<std::byte, 12> reserved;    // +0x034
  std::uint8_t drive_number;             // +0x040
  std::uint8_t state;                    // +0x041  the paper has it reserved; below
  std::uint8_t extended_signature;       // +0x042  0x29: the next three are there
  le32 serial;                           // +0x043  BS_VolID
  std::array<std::byte, 11> label;       // +0x047  not kept up to date by anyone
  std::array<char, 8> type_name;         // +0x052  "FAT32   ": means nothing
  std::array<std::byte, 420> boot_code;  // +0x05a
  le16 signature;                        // +0x1fe  0xAA55
};
static_assert(OnDisk<BootSector> && sizeof(BootSector) == kBootSectorSize);

// What FAT12 and FAT16 have from byte 36 on.  Page 11.
struct BootSector16Rest {
  std::uint8_t drive_number;             // +0x024
  std::uint8_t state;                    // +0x025  as FAT32's
  std::uint8_t extended_signature;       // +0x026  0x29: the next three are there
  le32 serial;                           // +0x027  BS_VolID
  std::array<std::byte, 11> label;       // +0x02b
  std::array<char, 8> type_name;         // +0x036  "FAT16   ": means nothing
  std::array<std::byte, 448> boot_code;  // +0x03e
  le16 signature;                        // +0x1fe  0xAA55
};
inline constexpr std::size_t kBootSector16RestOffset = 36;
static_assert(OnDisk<BootSector16Rest> &&
              kBootSector16RestOffset + sizeof(BootSector16Rest) == kBootSectorSize);

// In table_flags: with kOneTable only the table of that number is in use, else
// all are kept alike.
inline constexpr std::uint16_t kActiveTableMask = 0x000F;
inline constexpr std::uint16_t kOneTable = 0x0080;

// In `state`: Windows' FAT driver and dosfstools set kStateDirty while the
// volume is mounted for writing.  Any of the two asks for a check.
inline constexpr std::uint8_t kStateDirty = 0x01;
inline constexpr std::uint8_t kStateErrors = 0x02;

// An entry of FAT32's table is 32 bits, of which the upper 4 are to be left as
// they are.  Page 16.  Those of the other two are known here by the same
// numbers: table.h widens the few that mean no cluster.
inline constexpr std::uint32_t kEntryMask = 0x0FFFFFFF;
inline constexpr std::uint32_t kFree = 0;
inline constexpr std::uint32_t kBad = 0x0FFFFFF7;
inline constexpr std::uint32_t kEndMin = 0x0FFFFFF8;  // this and above end a chain
inline constexpr std::uint32_t kEnd = 0x0FFFFFFF;     // what Windows writes
inline constexpr std::uint32_t kFirstCluster = 2;
// More would make numbers that look like kBad.
inline constexpr std::uint32_t kClusterCountMax = kBad - kFirstCluster;

// The table's entry 1 has two bits of the volume's state; set is good.
inline constexpr std::uint32_t kCleanShutdown = 0x08000000;
inline constexpr std::uint32_t kNoErrors = 0x04000000;
// FAT16's; FAT12 has none.
inline constexpr std::uint32_t kCleanShutdown16 = 0x8000;
inline constexpr std::uint32_t kNoErrors16 = 0x4000;

// Hints: how much is free and where to look for it.  Page 21.
struct InfoSector {
  le32 lead_signature;                 // +0x000  0x41615252 "RRaA"
  std::array<std::byte, 480> unused;   // +0x004
  le32 signature;                      // +0x1e4  0x61417272 "rrAa"
  le32 free_count;                     // +0x1e8  in clusters; 0xFFFFFFFF: unknown
  le32 next_free;                      // +0x1ec  0xFFFFFFFF: unknown
  std::array<std::byte, 12> reserved;  // +0x1f0
  le32 trail_signature;                // +0x1fc  0xAA550000
};
static_assert(OnDisk<InfoSector> && sizeof(InfoSector) == 512);

inline constexpr std::uint32_t kInfoLead = 0x41615252;
inline constexpr std::uint32_t kInfoSignature = 0x61417272;
inline constexpr std::uint32_t kInfoTrail = 0xAA550000;
inline constexpr std::uint32_t kUnknown = 0xFFFFFFFF;

// A directory is a run of 32-byte slots.  A file takes one of these, behind as
// many LongSlots as its long name needs.  Page 23.
struct ShortSlot {
  std::array<std::uint8_t, 11> name;  // +0x00  8.3 in the OEM code page, padded
  std::uint8_t attributes;            // +0x0b
  std::uint8_t case_flags;            // +0x0c  DIR_NTRes, see below
  std::uint8_t created_tenths;        // +0x0d  of 10 ms each, 0 to 199
  le16 created_time;                  // +0x0e
  le16 created_date;                  // +0x10
  le16 accessed_date;                 // +0x12
  le16 cluster_high;                  // +0x14
  le16 modified_time;                 // +0x16
  le16 modified_date;                 // +0x18
  le16 cluster_low;                   // +0x1a
  le32 size;                          // +0x1c  in bytes; 0 for a directory

  std::uint32_t cluster() const {
    return (std::uint32_t(cluster_high) << 16 | cluster_low) & kEntryMask;
  }
  void set_cluster(std::uint32_t cluster) {
    cluster_high = static_cast<std::uint16_t>(cluster >> 16);
    cluster_low = static_cast<std::uint16_t>(cluster);
  }
};
static_assert(OnDisk<ShortSlot> && sizeof(ShortSlot) == 32);

// First bytes of a slot's name.
inline constexpr std::uint8_t kSlotEnd = 0x00;  // free, and so are all after it
inline constexpr std::uint8_t kSlotFree = 0xE5;
inline constexpr std::uint8_t kSlotKanji = 0x05;  // stands for a real 0xE5

// In case_flags: Windows NT keeps a name such as "ntldr" or "boot.INI" without
// a long name, by these.  Not in the paper; Windows writes and reads them.
inline constexpr std::uint8_t kLowerBase = 0x08;
inline constexpr std::uint8_t kLowerExtension = 0x10;

// Attributes that FAT alone has; the rest are as in ntfs/file.h.
inline constexpr std::uint8_t kVolumeLabel = 0x08;
inline constexpr std::uint8_t kLongName = 0x0F;
inline constexpr std::uint8_t kLongNameMask = 0x3F;

// Thirteen letters of a long name, the last part first.  Page 28.
struct LongSlot {
  std::uint8_t ordinal;              // +0x00  from 1; the first on disk has 0x40 too
  std::array<std::byte, 10> name_1;  // +0x01  5 letters of UTF-16
  std::uint8_t attributes;           // +0x0b  0x0F
  std::uint8_t type;                 // +0x0c  0
  std::uint8_t checksum;             // +0x0d  of the short name that follows
  std::array<std::byte, 12> name_2;  // +0x0e  6 letters
  le16 cluster;                      // +0x1a  0
  std::array<std::byte, 4> name_3;   // +0x1c  2 letters
};
static_assert(OnDisk<LongSlot> && sizeof(LongSlot) == 32);

inline constexpr std::uint8_t kLastLongSlot = 0x40;
inline constexpr std::size_t kLettersPerSlot = 13;
inline constexpr std::size_t kNameLengthMax = 255;  // in UTF-16 units
inline constexpr std::uint32_t kLongSlotMax = 20;   // ceil(255 / 13)

// The paper's bound on a directory, page 33: 65,536 slots.
inline constexpr std::uint32_t kDirectorySizeMax = 65'536 * sizeof(ShortSlot);

// What 32 bits of size can say.
inline constexpr std::uint32_t kFileSizeMax = 0xFFFFFFFF;

}  // namespace drydock::fat
