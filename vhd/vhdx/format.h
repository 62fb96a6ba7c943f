// The structures of a VHDX file, byte by byte.  [MS-VHDX] 2 is their ground;
// README.md beside this file draws how they lie in the file.
//
// For this folder's .cc files only.  The tests build their images without it.

#pragma once

#include <array>
#include <cstdint>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"
#include "vhd/base/guid.h"

namespace drydock::vhdx {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;
inline constexpr std::uint64_t kTiB = 1024 * kGiB;

// Everything but what is inside the first MiB lies at multiples of 1 MiB.
inline constexpr std::uint64_t kAlignment = kMiB;
inline constexpr std::uint64_t kHeaderSectionSize = kMiB;
inline constexpr std::array kHeaderOffsets = {64 * kKiB, 128 * kKiB};
inline constexpr std::uint64_t kHeaderSize = 4 * kKiB;
inline constexpr std::array kRegionTableOffsets = {192 * kKiB, 256 * kKiB};
inline constexpr std::uint64_t kRegionTableSize = 64 * kKiB;

// The unit of the log: what one data descriptor replaces.
inline constexpr std::uint64_t kPageSize = 4 * kKiB;

// No honest file is longer: twice the greatest disk, which leaves room for
// whatever its blocks have lost to crashes.  Ours; the paper has no bound.
inline constexpr std::uint64_t kFileSizeMax = 128 * kTiB;

// A signature's letters, as the little-endian integer that they make: one for
// each byte of it, or it doesn't compile.
template <class Integer>
consteval Integer letters(const char (&text)[sizeof(Integer) + 1]) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value |= static_cast<Integer>(static_cast<unsigned char>(text[i])) << (8 * i);
  }
  return value;
}

// The first 64 KiB, written once when the file is made.  [MS-VHDX] 2.2.1
inline constexpr auto kFileSignature = letters<std::uint64_t>("vhdxfile");
struct FileIdentifier {
  le64 signature;                      // +0x000  "vhdxfile"
  std::array<std::byte, 512> creator;  // +0x008  UTF-16, ended by a NUL if shorter
};
static_assert(OnDisk<FileIdentifier> && sizeof(FileIdentifier) == 0x208);

// One of two, at 64 KiB and at 128 KiB, so that one is always whole.
// [MS-VHDX] 2.2.2
inline constexpr auto kHeaderSignature = letters<std::uint32_t>("head");
inline constexpr std::uint16_t kVersion = 1;
inline constexpr std::uint16_t kLogVersion = 0;
struct Header {
  le32 signature;        // +0x00  "head"
  le32 checksum;         // +0x04  CRC-32C of these 4 KiB with this field zero
  le64 sequence_number;  // +0x08  the sound slot with the greater is in force; Disk2vhd
                         //        writes two alike, and then either will do
  Guid file_write_guid;  // +0x10  new before a session first changes the file
  Guid data_write_guid;  // +0x20  new before the visible bytes first change
  Guid log_guid;         // +0x30  zero: there is nothing to replay
  le16 log_version;      // +0x40  0; matters only while log_guid isn't zero
  le16 version;          // +0x42  1
  le32 log_length;       // +0x44  a multiple of 1 MiB
  le64 log_offset;       // +0x48  a multiple of 1 MiB
};
static_assert(OnDisk<Header> && sizeof(Header) == 0x50);  // the rest is reserved

// One of two copies, at 192 KiB and at 256 KiB; its entries follow at once.
// [MS-VHDX] 2.2.3
inline constexpr auto kRegionSignature = letters<std::uint32_t>("regi");
inline constexpr std::uint32_t kRegionCountMax = 2047;  // what 64 KiB have room for
struct RegionTableHeader {
  le32 signature;    // +0x00  "regi"
  le32 checksum;     // +0x04  CRC-32C of these 64 KiB with this field zero
  le32 entry_count;  // +0x08
  le32 reserved;     // +0x0c
};
static_assert(OnDisk<RegionTableHeader> && sizeof(RegionTableHeader) == 16);

struct RegionTableEntry {
  Guid id;           // +0x00  Guid
  le64 file_offset;  // +0x10  a multiple of 1 MiB
  le32 length;       // +0x18  a multiple of 1 MiB
  le32 required;     // +0x1c  1: who doesn't know the region may not open the file.
                     //        Older QEMUs write 0 even for the two below
};
static_assert(OnDisk<RegionTableEntry> && sizeof(RegionTableEntry) == 32);

inline constexpr Guid kBatRegion = "2dc27766-f623-4200-9d64-115e9bfd4a08"_guid;
inline constexpr Guid kMetadataRegion = "8b7ca206-4790-4b9a-b8fe-575f050f886e"_guid;

// The first 64 KiB of the metadata region; its entries follow at once.
// [MS-VHDX] 2.6.1
inline constexpr auto kMetadataSignature = letters<std::uint64_t>("metadata");
inline constexpr std::uint64_t kMetadataTableSize = 64 * kKiB;
inline constexpr std::uint32_t kMetadataCountMax = 2047;      // 2.6.1.1
inline constexpr std::uint32_t kMetadataUserCountMax = 1024;  // 2.6.1.2
inline constexpr std::uint64_t kMetadataItemSizeMax = kMiB;   // 2.6.1.2
struct MetadataTableHeader {
  le64 signature;                       // +0x00  "metadata"
  le16 reserved;                        // +0x08
  le16 entry_count;                     // +0x0a
  std::array<std::byte, 20> reserved2;  // +0x0c
};
static_assert(OnDisk<MetadataTableHeader> && sizeof(MetadataTableHeader) == 32);

struct MetadataTableEntry {
  Guid id;         // +0x00  ItemId; unique together with kMetadataUser
  le32 offset;     // +0x10  from the region's start, at least 64 KiB; 0 where empty
  le32 length;     // +0x14  0 for an item that is there and empty
  le32 flags;      // +0x18
  le32 reserved2;  // +0x1c
};
static_assert(OnDisk<MetadataTableEntry> && sizeof(MetadataTableEntry) == 32);
inline constexpr std::uint32_t kMetadataUser = 1;         // IsUser
inline constexpr std::uint32_t kMetadataVirtualDisk = 2;  // IsVirtualDisk
inline constexpr std::uint32_t kMetadataRequired = 4;     // IsRequired

// The items.  [MS-VHDX] 2.6.2
inline constexpr Guid kFileParameters = "caa16737-fa36-4d43-b3b6-33f0aa44e76b"_guid;
inline constexpr Guid kVirtualDiskSize = "2fa54224-cd1b-4876-b211-5dbed83bf4b8"_guid;
inline constexpr Guid kVirtualDiskId = "beca12ab-b2e6-4523-93ef-c309e000c746"_guid;
inline constexpr Guid kLogicalSectorSize = "8141bf1d-a96f-4709-ba47-f233a8faab5f"_guid;
inline constexpr Guid kPhysicalSectorSize = "cda348c7-445d-4471-9cc9-e9885251c556"_guid;
inline constexpr Guid kParentLocator = "a8d35f2d-b30b-454d-abf7-d3d84834ab0c"_guid;
// Not in the paper; Microsoft's OpenVMM names it: a conversion into this file
// began and hasn't ended.
inline constexpr Guid kIncompleteFile = "71cc85f0-1b69-4e28-9558-c3bf83ae75d3"_guid;

struct FileParameters {
  le32 block_size;  // +0x00  a power of two, 1 MiB to 256 MiB
  le32 flags;       // +0x04
};
static_assert(OnDisk<FileParameters> && sizeof(FileParameters) == 8);
inline constexpr std::uint32_t kLeaveBlocksAllocated = 1;
inline constexpr std::uint32_t kHasParent = 2;
inline constexpr std::uint32_t kBlockSizeMin = 1 * kMiB;
inline constexpr std::uint32_t kBlockSizeMax = 256 * kMiB;
inline constexpr std::uint64_t kDiskSizeMax = 64 * kTiB;  // 2.6.2.2

// Keys and values lie anywhere in the item, at offsets from its start.
// [MS-VHDX] 2.6.2.6
inline constexpr Guid kVhdxLocatorType = "b04aefb7-d19e-4a81-b789-25b8e9445913"_guid;
struct ParentLocatorHeader {
  Guid type;       // +0x00  LocatorType
  le16 reserved;   // +0x10
  le16 key_count;  // +0x12  KeyValueCount
};
static_assert(OnDisk<ParentLocatorHeader> && sizeof(ParentLocatorHeader) == 20);
struct ParentLocatorEntry {
  le32 key_offset;    // +0x00
  le32 value_offset;  // +0x04
  le16 key_length;    // +0x08
  le16 value_length;  // +0x0a
};
static_assert(OnDisk<ParentLocatorEntry> && sizeof(ParentLocatorEntry) == 12);

// The block allocation table is le64 after le64: state, and offset in MiB.
// [MS-VHDX] 2.5.1
inline constexpr std::uint64_t kBatStateMask = 7;
inline constexpr std::uint64_t kBatOffsetMask = ~(kMiB - 1);
enum class BlockState : std::uint8_t {
  not_present = 0,  // zeros; in a differencing file, the parent's
  undefined = 1,    // anything; what is kept of it may still have its offset
  zero = 2,         // zeros, whatever a parent holds
  unmapped = 3,     // zeros or what was there; may still have its offset
  reserved4 = 4,
  unmapped_v095 = 5,  // what drafts before 1.00 wrote for unmapped
  fully_present = 6,
  partially_present = 7,  // only in a differencing file
};
constexpr BlockState state_of(std::uint64_t entry) {
  return static_cast<BlockState>(entry & kBatStateMask);
}
constexpr bool may_keep_space(BlockState state) {
  return state == BlockState::undefined || state == BlockState::unmapped ||
         state == BlockState::unmapped_v095;
}
// How many sectors one block of the sector bitmap speaks for.  2.4
inline constexpr std::uint64_t kSectorsPerBitmap = 1ull << 23;
// A bit for each, the first sector's the lowest of the first byte; 1: the sector is
// here, 0: it is the parent's.
inline constexpr std::uint64_t kBitmapSize = kSectorsPerBitmap / 8;

// A log entry starts with this, in a page that has room for 126 descriptors;
// pages of 128 more follow, then a page for each data descriptor.
// [MS-VHDX] 2.3.1
inline constexpr auto kLogEntrySignature = letters<std::uint32_t>("loge");
struct LogEntryHeader {
  le32 signature;         // +0x00  "loge"
  le32 checksum;          // +0x04  CRC-32C of the whole entry, this field zero
  le32 entry_length;      // +0x08  a multiple of 4 KiB
  le32 tail;              // +0x0c  where in the log the sequence that ends here starts
  le64 sequence_number;   // +0x10  above zero; counts up by one
  le32 descriptor_count;  // +0x18  may be 0
  le32 reserved;          // +0x1c
  Guid log_guid;          // +0x20  the header's, when this was written
  le64 flushed_file_offset;  // +0x30  the file can't be shorter and whole.  Windows 8
                             //        writes 0 after its first entry
  le64 last_file_offset;     // +0x38  the file is grown to this
};
static_assert(OnDisk<LogEntryHeader> && sizeof(LogEntryHeader) == 64);

inline constexpr auto kZeroSignature = letters<std::uint32_t>("zero");
inline constexpr auto kDataSignature = letters<std::uint32_t>("desc");
struct LogDescriptor {
  le32 signature;        // +0x00  "zero" or "desc"
  le32 trailing_bytes;   // +0x04  desc: the page's last 4 bytes
  le64 leading_bytes;    // +0x08  desc: its first 8 bytes; zero: ZeroLength
  le64 file_offset;      // +0x10  a multiple of 4 KiB
  le64 sequence_number;  // +0x18  the entry's
};
static_assert(OnDisk<LogDescriptor> && sizeof(LogDescriptor) == 32);

inline constexpr auto kSectorSignature = letters<std::uint32_t>("data");
struct LogDataSector {
  le32 signature;                        // +0x000  "data"
  le32 sequence_high;                    // +0x004
  std::array<std::byte, 4084> contents;  // +0x008  the page's bytes 8 to 4091
  le32 sequence_low;                     // +0xffc
};
static_assert(OnDisk<LogDataSector> && sizeof(LogDataSector) == kPageSize);

// How many pages `descriptor_count` descriptors take, with the header.
constexpr std::uint64_t descriptor_page_count(std::uint64_t descriptor_count) {
  std::uint64_t size =
      sizeof(LogEntryHeader) + descriptor_count * sizeof(LogDescriptor);
  return (size + kPageSize - 1) / kPageSize;
}
static_assert(descriptor_page_count(126) == 1 && descriptor_page_count(127) == 2);

}  // namespace drydock::vhdx
