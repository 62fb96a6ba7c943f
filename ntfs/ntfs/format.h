// What drydock itself reads of NTFS's layout: enough to distrust a boot sector
// before libntfs-3g believes it, and to tell how a volume was left.  The log's
// layout is in ntfs/logfile.

#pragma once

#include <array>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock::ntfs {

// The first sector.  There is no public specification; the names are those of
// Microsoft's "NTFS partition boot sector" article.
struct BootSectorFormat {
  std::array<std::byte, 3> jump;
  std::array<char, 8> oem_id;        // +0x03  "NTFS    "
  le16 sector_size;                  // +0x0b  BytesPerSector
  std::uint8_t cluster_sectors;      // +0x0d  SectorsPerCluster; 0xf4 and above:
                                     //        2^(256 - it), for over 64 KiB
  std::array<std::byte, 26> unused;  // +0x0e
  le64 sector_count;                 // +0x28  TotalSectors; one less than the
                                     //        partition, whose last sector is
                                     //        this one's copy
  le64 mft_cluster;                  // +0x30
  le64 mirror_cluster;               // +0x38  MftMirr
  std::int8_t record_size_code;      // +0x40  clusters, or -log2 of bytes
  std::array<std::byte, 3> unused_too;
  std::int8_t index_size_code;  // +0x44  likewise
  std::array<std::byte, 3> unused_as_well;
  le64 serial_number;                    // +0x48
  std::array<std::byte, 430> boot_code;  // +0x50  and a checksum, always 0
  le16 signature;                        // +0x1fe 0xaa55
};
static_assert(OnDisk<BootSectorFormat> && sizeof(BootSectorFormat) == 512);

// $FILE_NAME, as records hold it.  The name follows.
struct FileName {
  le64 parent;                       // +0x00  a Reference, packed
  std::array<std::byte, 48> copies;  // +0x08  times and sizes, as of long ago
  le32 attributes;                   // +0x38  likewise
  le32 reparse_tag;                  // +0x3c
  std::uint8_t length;               // +0x40  in UTF-16 units
  std::uint8_t space;                // +0x41  0 POSIX, 1 Win32, 2 DOS, 3 both
};
static_assert(OnDisk<FileName> && sizeof(FileName) == 0x42);

// $VOLUME_INFORMATION's flags.
inline constexpr std::uint16_t kVolumeIsDirty = 0x0001;
inline constexpr std::uint16_t kChkdskUnderway = 0x4000;

// Files whose records lie below this are NTFS's own: $MFT, $LogFile, ...
inline constexpr std::uint64_t kFirstUserRecord = 24;
inline constexpr std::uint64_t kMftRecord = 0;
inline constexpr std::uint64_t kLogFileRecord = 2;
inline constexpr std::uint64_t kRootRecord = 5;

// Reparse tag of a file that the Windows Overlay Filter keeps compressed.
inline constexpr std::uint32_t kWofTag = 0x80000017;

}  // namespace drydock::ntfs
