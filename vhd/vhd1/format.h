// The structures of a VHD, as far as they are needed to recognise one.  All
// integers are big-endian.

#pragma once

#include <array>
#include <cstdint>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock::vhd1 {

// At the file's end; in a dynamic or differencing VHD a copy is at its start.
// Virtual PC before 2004 wrote only the first 511 of the bytes at the end.
inline constexpr std::uint64_t kFooterSize = 512;
inline constexpr std::uint64_t kShortFooterSize = 511;
struct Footer {
  std::array<char, 8> cookie;    // +0x00  "conectix"
  be32 features;                 // +0x08
  be32 version;                  // +0x0c  0x00010000
  be64 header_offset;            // +0x10  of the dynamic header; fixed: all ones
  be32 timestamp;                // +0x18  seconds since 2000
  std::array<char, 4> creator;   // +0x1c  "win ", "vpc ", "qemu", "d2v "
  be32 creator_version;          // +0x20
  be32 creator_host;             // +0x24
  be64 original_size;            // +0x28
  be64 current_size;             // +0x30  in bytes, of the disk
  be32 geometry;                 // +0x38
  be32 kind;                     // +0x3c  2 fixed, 3 dynamic, 4 differencing
  be32 checksum;                 // +0x40  ones' complement of the bytes' sum, this
                                 //        field zero
  std::array<std::byte, 16> id;  // +0x44
  std::byte saved;               // +0x54
  std::array<std::byte, 427> reserved;  // +0x55
};
static_assert(OnDisk<Footer> && sizeof(Footer) == kFooterSize);

inline constexpr std::uint32_t kFixed = 2;
inline constexpr std::uint32_t kDynamic = 3;
inline constexpr std::uint32_t kDifferencing = 4;

// Of a dynamic or differencing VHD.
struct DynamicHeader {
  std::array<char, 8> cookie;           // +0x000  "cxsparse"
  be64 next;                            // +0x008  all ones
  be64 table_offset;                    // +0x010
  be32 version;                         // +0x018
  be32 entry_count;                     // +0x01c
  be32 block_size;                      // +0x020
  be32 checksum;                        // +0x024
  std::array<std::byte, 16> parent_id;  // +0x028
  be32 parent_timestamp;                // +0x038
  be32 reserved;                        // +0x03c
  std::array<be16, 256> parent_name;    // +0x040  UTF-16, big-endian
  std::array<std::byte, 448> locators;  // +0x240
};
static_assert(OnDisk<DynamicHeader> && sizeof(DynamicHeader) == 1024);

}  // namespace drydock::vhd1
