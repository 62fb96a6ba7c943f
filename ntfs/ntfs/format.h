// What drydock itself reads of NTFS's layout: enough to distrust a boot sector
// before libntfs-3g believes it, and to tell how a volume was left.  The log's
// layout is in ntfs/logfile.

#pragma once

#include <array>
#include <string_view>

#include "ntfs/record/layout.h"
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

// Reparse tags; kWofTag is of a file that the Windows Overlay Filter compressed.
inline constexpr std::uint32_t kMountPointTag = 0xa0000003;
inline constexpr std::uint32_t kSymbolicLinkTag = 0xa000000c;
inline constexpr std::uint32_t kWofTag = 0x80000017;
inline constexpr std::uint32_t kLinuxSymlinkTag = 0xa000001d;

// The stream that holds the bytes of such a file.
inline constexpr std::u16string_view kWofStream = u"WofCompressedData";

// How $REPARSE_POINT begins.  [MS-FSCC] 2.1.2.2
struct ReparseHeader {
  le32 tag;       // +0x00  ReparseTag
  le16 length;    // +0x04  ReparseDataLength, of what follows; and a GUID first
                  //        where the tag isn't Microsoft's
  le16 reserved;  // +0x06
};
static_assert(OnDisk<ReparseHeader> && sizeof(ReparseHeader) == 8);

// How a mount point or a symbolic link goes on; four bytes of flags follow in the
// latter, and then the names, in UTF-16.  [MS-FSCC] 2.1.2.4, 2.1.2.5
struct LinkFields {
  le16 target_offset;  // +0x00  SubstituteNameOffset, from the names' start
  le16 target_length;  // +0x02  in bytes, as are the others
  le16 print_offset;   // +0x04
  le16 print_length;   // +0x06
};
static_assert(OnDisk<LinkFields> && sizeof(LinkFields) == 8);

}  // namespace drydock::ntfs
