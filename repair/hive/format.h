// How a hive lies on disk: "regf" 1.3 to 1.6.
//
// A base block of 4 KiB, then bins, each a multiple of 4 KiB with a header of
// 32 bytes, and each tiled by cells without a gap.  A cell begins with its
// size: negative while it's in use, positive once it's free.  Cells name each
// other by offset from the first bin's start, that is, from 4096 on.
//
// Nobody at Microsoft has published this.  Ground: msuhanov's "Windows
// registry file format specification", checked against the hives that Windows
// itself left in public test sets; what else was seen is said at the field.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock::hive {

inline constexpr std::uint32_t kBaseBlockSize = 4096;
inline constexpr std::uint32_t kBinUnit = 4096;  // bins are multiples of it
inline constexpr std::uint32_t kCellUnit = 8;    // and so are cells, and where they lie
inline constexpr std::uint32_t kNoCell = 0xffffffff;

// The largest hive that is read into memory.  Windows itself stops a hive at
// 2 GiB; SOFTWARE of a large server is a few hundred MiB.
inline constexpr std::uint64_t kHiveSizeMax = std::uint64_t{1} << 30;

inline constexpr std::uint32_t kBaseBlockSignature = 0x66676572;  // "regf"
inline constexpr std::uint32_t kBinSignature = 0x6e696268;        // "hbin"
inline constexpr std::uint16_t kKeySignature = 0x6b6e;            // "nk"
inline constexpr std::uint16_t kValueSignature = 0x6b76;          // "vk"
inline constexpr std::uint16_t kSecuritySignature = 0x6b73;       // "sk"
inline constexpr std::uint16_t kBigDataSignature = 0x6264;        // "db"
inline constexpr std::uint16_t kIndexLeafSignature = 0x696c;      // "li"
inline constexpr std::uint16_t kFastLeafSignature = 0x666c;       // "lf"
inline constexpr std::uint16_t kHashLeafSignature = 0x686c;       // "lh"
inline constexpr std::uint16_t kIndexRootSignature = 0x6972;      // "ri"

// What one "db" segment holds.  More than this needs a "db" from 1.4 on;
// before, it lies in one cell.
inline constexpr std::uint32_t kSegmentSize = 16344;

// The first sector of the base block; zeros, and since Windows 10 some fields
// of the resource manager's, fill the rest of the 4 KiB.
//
// The two sequence numbers are equal in a hive that was written to its end.
// Where they aren't, the transaction logs beside it hold what it lacks; not
// always, though: copies in RegBack are often one ahead with no log at all
// (SECURITY 197 and 196 on a healthy Server 2022), and are whole.
struct BaseBlock {
  le32 signature;                   // +0x000  "regf"
  le32 sequence1;                   // +0x004  raised before a write begins
  le32 sequence2;                   // +0x008  made equal after it
  le64 last_written;                // +0x00c
  le32 major;                       // +0x014  1
  le32 minor;                       // +0x018  3: all that existed before Windows XP and
                                    //         many after; 5: most; 6: differencing
  le32 type;                        // +0x01c  0 a hive; 1, 2 and 6 are its logs
  le32 format;                      // +0x020  1
  le32 root;                        // +0x024  the root key's cell
  le32 bins_size;                   // +0x028  of all bins; the file may be longer
  le32 clustering;                  // +0x02c  1
  std::array<std::byte, 64> name;   // +0x030  the end of its path, in UTF-16
  std::array<std::byte, 32> ids;    // +0x070  the resource manager's, and its log's
  le32 flags;                       // +0x090  base_flag
  std::array<std::byte, 360> rest;  // +0x094
  le32 checksum;                    // +0x1fc  of the 508 bytes before: see checksum()
};
static_assert(OnDisk<BaseBlock> && sizeof(BaseBlock) == 0x200);

namespace base_flag {
inline constexpr std::uint32_t transactions = 1;  // KTM was at work; logs keep it, too
}

struct BinHeader {
  le32 signature;     // +0x00  "hbin"
  le32 offset;        // +0x04  its own, from the first bin
  le32 size;          // +0x08  with this header
  le64 reserved;      // +0x0c
  le64 last_written;  // +0x14  kept in the first bin only
  le32 spare;         // +0x1c
};
static_assert(OnDisk<BinHeader> && sizeof(BinHeader) == 0x20);

// A key.  Its name follows.
struct KeyNode {
  le16 signature;              // +0x00  "nk"
  le16 flags;                  // +0x02  key_flag
  le64 last_written;           // +0x04
  le32 access_bits;            // +0x0c
  le32 parent;                 // +0x10  the root's is meaningless
  le32 subkey_count;           // +0x14
  le32 volatile_subkey_count;  // +0x18  of subkeys that are never on disk
  le32 subkey_list;            // +0x1c  meaningless while subkey_count is 0
  le32 volatile_subkey_list;   // +0x20
  le32 value_count;            // +0x24
  le32 value_list;             // +0x28  meaningless while value_count is 0
  le32 security;               // +0x2c  an "sk" cell, shared with other keys
  le32 class_name;             // +0x30
  le16 subkey_name_size_max;   // +0x34  in UTF-16, as all of these four
  le16 virtualization;         // +0x36
  le32 subkey_class_size_max;  // +0x38
  le32 value_name_size_max;    // +0x3c
  le32 value_data_size_max;    // +0x40
  le32 work;                   // +0x44
  le16 name_size;              // +0x48  in bytes, as stored
  le16 class_size;             // +0x4a  in bytes
};
static_assert(OnDisk<KeyNode> && sizeof(KeyNode) == 0x4c);

namespace key_flag {
inline constexpr std::uint16_t latin1_name = 0x20;  // KEY_COMP_NAME: else UTF-16
}

// A value.  Its name follows; none for the default value.
struct ValueNode {
  le16 signature;  // +0x00  "vk"
  le16 name_size;  // +0x02  in bytes, as stored
  le32 data_size;  // +0x04  the top bit: up to 4 bytes, and they are in data
  le32 data;       // +0x08  the data itself, its cell, or its "db"
  le32 type;       // +0x0c
  le16 flags;      // +0x10  value_flag
  le16 spare;      // +0x12
};
static_assert(OnDisk<ValueNode> && sizeof(ValueNode) == 0x14);

namespace value_flag {
inline constexpr std::uint16_t latin1_name = 0x1;  // VALUE_COMP_NAME
}
inline constexpr std::uint32_t kDataIsInline = 0x80000000;

// The lists of a key's subkeys.  "li" and "ri" are followed by offsets, "lf"
// and "lh" by pairs of offset and hint; an "ri" lists the other kinds.
struct ListHeader {
  le16 signature;  // +0x00
  le16 count;      // +0x02  of the elements that follow
};
static_assert(OnDisk<ListHeader> && sizeof(ListHeader) == 4);

struct HintedElement {
  le32 key;   // +0x00
  le32 hint;  // +0x04  lf: the name's first four letters; lh: name_hash()
};
static_assert(OnDisk<HintedElement> && sizeof(HintedElement) == 8);

// Data above kSegmentSize, cut into segments, each in a cell of its own.
struct BigData {
  le16 signature;      // +0x00  "db"
  le16 segment_count;  // +0x02
  le32 segment_list;   // +0x04  a cell of offsets
};
static_assert(OnDisk<BigData> && sizeof(BigData) == 8);

// A security descriptor, which follows.  All of a hive's form a ring.
struct SecurityNode {
  le16 signature;        // +0x00  "sk"
  le16 reserved;         // +0x02
  le32 next;             // +0x04
  le32 previous;         // +0x08
  le32 reference_count;  // +0x0c  of keys that share it
  le32 descriptor_size;  // +0x10
};
static_assert(OnDisk<SecurityNode> && sizeof(SecurityNode) == 0x14);

// ---- Transaction logs, which begin with a copy of the base block's first sector
// under a type of their own.

inline constexpr std::uint32_t kLogTypeDirtyVector = 1;
inline constexpr std::uint32_t kLogTypeDirtyVector2000 = 2;  // up to Windows 2000
inline constexpr std::uint32_t kLogTypeEntries = 6;          // since Windows 8.1

// Entries and pages of logs start at, and are, multiples of this.
inline constexpr std::uint32_t kLogUnit = 512;

// "DIRT", at the second sector: a bitmap follows, one bit for each 512 bytes of
// the bins, and from the next sector on the pages whose bits are set.
inline constexpr std::uint32_t kDirtyVectorSignature = 0x54524944;
inline constexpr std::uint32_t kLogEntrySignature = 0x454c7648;  // "HvLE"

// All that is needed of an entry whose rest may be gone.
struct LogEntryPrefix {
  le32 signature;  // +0x0  "HvLE"
  le32 size;       // +0x4  in bytes, with this
  le32 flags;      // +0x8  base_flag::transactions or nothing
  le32 sequence;   // +0xc
};
static_assert(OnDisk<LogEntryPrefix> && sizeof(LogEntryPrefix) == 0x10);

// One flush of the hive.  PageReferences follow, then their pages, back to back.
struct LogEntryHeader {
  le32 signature;   // +0x00  "HvLE"
  le32 size;        // +0x04  in bytes, with this
  le32 flags;       // +0x08
  le32 sequence;    // +0x0c  one above that of the entry before
  le32 bins_size;   // +0x10  as in the base block, at that time
  le32 page_count;  // +0x14
  le64 body_hash;   // +0x18  Marvin32 of all behind this header
  le64 head_hash;   // +0x20  Marvin32 of the 32 bytes before it
};
static_assert(OnDisk<LogEntryHeader> && sizeof(LogEntryHeader) == 0x28);

struct PageReference {
  le32 offset;  // +0x0  from the first bin
  le32 size;    // +0x4  in bytes
};
static_assert(OnDisk<PageReference> && sizeof(PageReference) == 8);

}  // namespace drydock::hive
