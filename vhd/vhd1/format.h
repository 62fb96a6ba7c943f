// The structures of a VHD.  All integers are big-endian.
//
// The ground is Microsoft's "Virtual Hard Disk Image Format Specification" 1.0,
// whose sections have names and no numbers.

#pragma once

#include <array>
#include <cstdint>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock::vhd1 {

inline constexpr std::uint64_t kSectorSize = 512;  // a VHD knows no other

// At the file's end; in a dynamic or differencing VHD a copy is at its start.
// Virtual PC before 2004 wrote only the first 511 of the bytes at the end.
// "Hard Disk Footer Format".
inline constexpr std::uint64_t kFooterSize = 512;
inline constexpr std::uint64_t kShortFooterSize = 511;
struct Footer {
  std::array<char, 8> cookie;    // +0x00  "conectix"
  be32 features;                 // +0x08
  be32 version;                  // +0x0c  0x00010000
  be64 header_offset;            // +0x10  of the dynamic header; fixed: all ones
  be32 timestamp;                // +0x18  seconds since 2000
  std::array<char, 4> creator;   // +0x1c  "win ", "vpc ", "qemu", "d2v\0"
  be32 creator_version;          // +0x20
  std::array<char, 4> host;      // +0x24  "Wi2k" for Windows
  be64 original_size;            // +0x28
  be64 current_size;             // +0x30  in bytes, of the disk
  be16 cylinders;                // +0x38
  std::uint8_t heads;            // +0x3a
  std::uint8_t sectors;          // +0x3b  in a track
  be32 kind;                     // +0x3c  2 fixed, 3 dynamic, 4 differencing
  be32 checksum;                 // +0x40  ones' complement of the bytes' sum, this
                                 //        field zero
  std::array<std::byte, 16> id;  // +0x44  what a child names its parent by
  std::byte saved;               // +0x54
  std::array<std::byte, 427> reserved;  // +0x55
};
static_assert(OnDisk<Footer> && sizeof(Footer) == kFooterSize);

inline constexpr std::uint32_t kFeaturesAlways = 2;  // the bit that is always set
inline constexpr std::uint32_t kFixed = 2;
inline constexpr std::uint32_t kDynamic = 3;
inline constexpr std::uint32_t kDifferencing = 4;

inline constexpr std::uint32_t kVersion = 0x00010000;  // of footer and header alike
inline constexpr std::uint64_t kNoOffset = ~std::uint64_t{0};

// Where a differencing VHD says that its parent is.  "Parent Locator".
struct Locator {
  std::array<char, 4> code;  // +0x00  "W2ru" relative, "W2ku" absolute: UTF-16LE
  be32 space;                // +0x04  sectors by the paper; all known writers: bytes
  be32 length;               // +0x08  in bytes, of the path
  be32 reserved;             // +0x0c
  be64 offset;               // +0x10  in the file
};
static_assert(OnDisk<Locator> && sizeof(Locator) == 24);

// Of a dynamic or differencing VHD.  "Dynamic Disk Header Format".  All that a
// resize changes is in its first 512 bytes, which reach a disk whole or not at all.
struct DynamicHeader {
  std::array<char, 8> cookie;            // +0x000  "cxsparse"
  be64 next;                             // +0x008  all ones
  be64 table_offset;                     // +0x010
  be32 version;                          // +0x018  0x00010000
  be32 entry_count;                      // +0x01c  of the table
  be32 block_size;                       // +0x020
  be32 checksum;                         // +0x024  as the footer's
  std::array<std::byte, 16> parent_id;   // +0x028
  be32 parent_timestamp;                 // +0x038
  be32 reserved;                         // +0x03c
  std::array<be16, 256> parent_name;     // +0x040  UTF-16, big-endian
  std::array<Locator, 8> locators;       // +0x240
  std::array<std::byte, 256> reserved2;  // +0x300
};
static_assert(OnDisk<DynamicHeader> && sizeof(DynamicHeader) == 1024);

// The table has a be32 for each block: the sector of its bitmap, which the block
// follows.  "Block Allocation Table and Data Blocks".
inline constexpr std::uint32_t kNoBlock = 0xFFFFFFFF;

// The greatest disk: Windows takes no greater one, and a place in the table has
// room for no greater file.
inline constexpr std::uint64_t kDiskSizeMax = 0xFF000000 * kSectorSize;  // 2040 GiB

// Windows makes blocks of 512 KiB and 2 MiB.  The table of the greatest disk in
// blocks of the least size is 128 MiB.
inline constexpr std::uint32_t kBlockSizeMin = 64 * 1024;
inline constexpr std::uint32_t kBlockSizeMax = 256 * 1024 * 1024;

// No path of Windows is longer than 32767 characters.
inline constexpr std::uint32_t kLocatorLengthMax = 2 * 32767;

}  // namespace drydock::vhd1
