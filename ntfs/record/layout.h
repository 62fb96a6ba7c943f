// What NTFS's file records hold.  There is no public specification; the names are
// those of the Linux and ntfs-3g headers, and each field was seen on volumes of
// Windows 7, 10 and Server 2022 unless its comment says otherwise.

#pragma once

#include <array>
#include <cstdint>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock::ntfs {

// A file record's start.  Attributes follow, up to an end mark.
struct FileRecordHeader {
  std::array<char, 4> magic;  // "FILE"
  le16 fixup_offset;          // +0x04
  le16 fixup_count;           // +0x06
  le64 lsn;                   // +0x08
  le16 sequence;              // +0x10
  le16 link_count;            // +0x12
  le16 attributes_offset;     // +0x14
  le16 flags;                 // +0x16
  le32 used_size;             // +0x18
  le32 allocated_size;        // +0x1c
  le64 base;                  // +0x20  of an extension record
  le16 next_attribute_id;     // +0x28
};
static_assert(OnDisk<FileRecordHeader> && sizeof(FileRecordHeader) == 0x2a);

// Of its flags.
inline constexpr std::uint16_t kRecordInUse = 1;
inline constexpr std::uint16_t kRecordIsDirectory = 2;  // it has an index of names
// 3.1 and later: the record's own number, where the fixups begin after it.
inline constexpr std::size_t kRecordNumberOffset = 0x2c;

struct AttributeHeader {
  le32 type;                 // +0x00
  le32 length;               // +0x04
  std::uint8_t nonresident;  // +0x08
  std::uint8_t name_length;  // +0x09  in UTF-16 units
  le16 name_offset;          // +0x0a
  le16 flags;                // +0x0c
  le16 id;                   // +0x0e
};
static_assert(OnDisk<AttributeHeader> && sizeof(AttributeHeader) == 0x10);

struct ResidentAttribute {
  AttributeHeader header;
  le32 value_length;      // +0x10
  le16 value_offset;      // +0x14
  std::uint8_t indexed;   // +0x16  1: a $FILE_NAME, which an index repeats
  std::uint8_t reserved;  // +0x17
};
static_assert(OnDisk<ResidentAttribute> && sizeof(ResidentAttribute) == 0x18);

struct NonresidentAttribute {
  AttributeHeader header;
  le64 lowest_vcn;        // +0x10
  le64 highest_vcn;       // +0x18
  le16 pairs_offset;      // +0x20  of the mapping pairs
  le16 compression_unit;  // +0x22
  le32 reserved;          // +0x24
  le64 allocated_size;    // +0x28
  le64 data_size;         // +0x30
  le64 valid_size;        // +0x38
};
static_assert(OnDisk<NonresidentAttribute> && sizeof(NonresidentAttribute) == 0x40);

// Of an attribute's flags.
inline constexpr std::uint16_t kCompressionMask = 0x00ff;
inline constexpr std::uint16_t kSparseAttribute = 0x8000;

// Where compressed and sparse attributes keep one more size.
inline constexpr std::size_t kTotalSizeOffset = 0x40;

// The start of $INDEX_ROOT's value.
struct IndexRoot {
  le32 type;        // +0x00  of the attribute that is indexed: $FILE_NAME, or 0
  le32 collation;   // +0x04
  le32 block_size;  // +0x08  in bytes
  std::uint8_t block_clusters;      // +0x0c  or 512-byte units, where less than one
  std::array<std::byte, 3> unused;  // +0x0d
};
static_assert(OnDisk<IndexRoot> && sizeof(IndexRoot) == 0x10);

// Follows it; in an index block it is at +0x18.
struct IndexHeader {
  le32 entries_offset;  // +0x00  from here, as are the next two
  le32 used_size;       // +0x04
  le32 allocated_size;  // +0x08
  le32 flags;           // +0x0c
};
static_assert(OnDisk<IndexHeader> && sizeof(IndexHeader) == 0x10);

struct IndexBlockHeader {
  std::array<char, 4> magic;  // "INDX"
  le16 fixup_offset;          // +0x04
  le16 fixup_count;           // +0x06
  le64 lsn;                   // +0x08
  le64 vcn;                   // +0x10
  IndexHeader index;          // +0x18
};
static_assert(OnDisk<IndexBlockHeader> && sizeof(IndexBlockHeader) == 0x28);

struct IndexEntry {
  le16 data_offset;  // +0x00  in indexes of views; a file reference in others
  le16 data_size;    // +0x02
  le32 unused;       // +0x04
  le16 length;       // +0x08
  le16 key_length;   // +0x0a
  le16 flags;        // +0x0c
  le16 unused_too;   // +0x0e
};
static_assert(OnDisk<IndexEntry> && sizeof(IndexEntry) == 0x10);

// Of an entry's flags.  The VCN of the block below it is its last 8 bytes.
inline constexpr std::uint16_t kEntryHasBlock = 1;
inline constexpr std::uint16_t kEntryIsLast = 2;
// Of an index header's: there are blocks below.
inline constexpr std::uint32_t kIndexHasBlocks = 1;

// An entry of $ATTRIBUTE_LIST: which record holds which piece of the file.
struct AttributeListEntry {
  le32 type;                 // +0x00
  le16 length;               // +0x04  of the entry
  std::uint8_t name_length;  // +0x06  in UTF-16 units
  std::uint8_t name_offset;  // +0x07  always 0x1a, also without a name
  le64 lowest_vcn;           // +0x08
  le64 record;               // +0x10  a Reference, packed
  le16 id;                   // +0x18  of the attribute there
};
static_assert(OnDisk<AttributeListEntry> && sizeof(AttributeListEntry) == 0x1a);

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

// $STANDARD_INFORMATION, as far as 3.0 and later have it; 1.2 ends at +0x30.
struct StandardInformation {
  std::array<le64, 4> times;   // +0x00
  le32 attributes;             // +0x20
  std::array<le32, 3> unused;  // +0x24
  le32 owner_id;               // +0x30
  le32 security_id;            // +0x34  of $Secure; 0: it has a descriptor of its own
};
static_assert(OnDisk<StandardInformation> && sizeof(StandardInformation) == 0x38);

// What $SII and $SDH tell of a descriptor, and what it begins with in $SDS.
struct SecurityEntry {
  le32 hash;    // +0x00
  le32 id;      // +0x04
  le64 offset;  // +0x08  in $SDS
  le32 size;    // +0x10  with this header
};
static_assert(OnDisk<SecurityEntry> && sizeof(SecurityEntry) == 0x14);

struct VolumeInformation {
  le64 unused;                 // +0x00
  std::uint8_t major_version;  // +0x08  3.1 since Windows XP
  std::uint8_t minor_version;  // +0x09
  le16 flags;                  // +0x0a
};
static_assert(OnDisk<VolumeInformation> && sizeof(VolumeInformation) == 0x0c);

// $VOLUME_INFORMATION's flags.
inline constexpr std::uint16_t kVolumeIsDirty = 0x0001;
inline constexpr std::uint16_t kChkdskUnderway = 0x4000;

inline constexpr std::uint32_t kStandardInformationType = 0x10;
inline constexpr std::uint32_t kAttributeListType = 0x20;
inline constexpr std::uint32_t kFileNameType = 0x30;
inline constexpr std::uint32_t kVolumeInformationType = 0x70;
inline constexpr std::uint32_t kDataType = 0x80;
inline constexpr std::uint32_t kIndexRootType = 0x90;
inline constexpr std::uint32_t kIndexAllocationType = 0xa0;
inline constexpr std::uint32_t kBitmapType = 0xb0;
inline constexpr std::uint32_t kAttributesEnd = 0xffffffff;

// Files whose records lie below this are NTFS's own: $MFT, $LogFile, ...
inline constexpr std::uint64_t kFirstUserRecord = 24;
inline constexpr std::uint64_t kMftRecord = 0;
inline constexpr std::uint64_t kLogFileRecord = 2;
inline constexpr std::uint64_t kRootRecord = 5;
inline constexpr std::uint64_t kMirrorRecord = 1;
inline constexpr std::uint64_t kVolumeRecord = 3;
inline constexpr std::uint64_t kBitmapRecord = 6;
inline constexpr std::uint64_t kBootRecord = 7;
inline constexpr std::uint64_t kBadClustersRecord = 8;
inline constexpr std::uint64_t kSecureRecord = 9;
inline constexpr std::uint64_t kUpcaseRecord = 10;

}  // namespace drydock::ntfs
