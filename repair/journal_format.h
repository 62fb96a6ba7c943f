// How a journal lies in its file.  JOURNAL.md draws it.

#pragma once

#include <array>
#include <cstdint>

#include "repair/journal.h"
#include "vhd/base/bytes.h"
#include "vhd/base/checked.h"
#include "vhd/base/crc.h"
#include "vhd/base/endian.h"
#include "vhd/base/guid.h"

namespace drydock::repair::format {

// Every part begins at a multiple of this: the physical sector of most disks,
// which a power cut may damage as a whole when a part of it is written.
inline constexpr std::uint64_t kPartSize = 4096;
// What a head or a mark takes of its part: a sector on every disk.
inline constexpr std::uint64_t kSectorSize = 512;

inline constexpr std::uint32_t kVersion = 1;

using Signature = std::array<char, 16>;
inline constexpr Signature kHeadSignature = {'d', 'r', 'y', 'd', 'o', 'c', 'k', ' ',
                                             'j', 'o', 'u', 'r', 'n', 'a', 'l', '\n'};
inline constexpr Signature kMarkSignature = {'d', 'r', 'y', 'd', 'o', 'c', 'k', ' ',
                                             'm', 'a', 'r', 'k', ' ', ' ', ' ', '\n'};

// The first sector.
struct Head {
  Signature signature{};      // +0x00
  le32 checksum;              // +0x10  CRC-32C of the sector with this field zero
  le32 version;               // +0x14
  Guid id;                    // +0x18
  le64 number;                // +0x28
  le64 time;                  // +0x30
  le64 virtual_size;          // +0x38
  le32 has_data_guid;         // +0x40  0 or 1
  Guid data_guid;             // +0x44  zero where there is none
  le32 description_size;      // +0x54
  le32 description_checksum;  // +0x58
  le32 extent_count;          // +0x5c
  le32 table_checksum;        // +0x60
  le64 changed_size;          // +0x64  the sum of all extents' lengths
  std::array<std::byte, 0x194> rest{};  // +0x6c  zero
};
static_assert(OnDisk<Head> && sizeof(Head) == kSectorSize);

// One for each state but incomplete, in their order, each in a part of its own
// behind the head: all zero until the state is reached.
struct Mark {
  Signature signature{};  // +0x00
  le32 checksum;          // +0x10  CRC-32C of the sector with this field zero
  le32 state;             // +0x14  JournalState, from 1
  Guid journal;           // +0x18  the head's id
  le32 has_data_guid;     // +0x28  0 or 1
  Guid data_guid;         // +0x2c  of the image, in this state
  std::array<std::byte, 0x1c4> rest{};  // +0x3c  zero
};
static_assert(OnDisk<Mark> && sizeof(Mark) == kSectorSize);
inline constexpr std::uint64_t kMarkCount = 4;

// One in the table.  Its old bytes, and then its new ones, follow those of the
// extent before it.
struct Extent {
  le64 offset;           // +0x00  in the disk
  le32 length;           // +0x08
  le32 before_checksum;  // +0x0c
  le32 after_checksum;   // +0x10
};
static_assert(OnDisk<Extent> && sizeof(Extent) == 0x14);

// Of a head or a mark, as if its checksum were zero.
template <class Sector>
std::uint32_t checksum_of(Sector sector) {
  sector.checksum = 0;
  return crc32c(bytes_of(sector));
}

inline std::uint64_t mark_offset(JournalState state) {
  return kPartSize * static_cast<std::uint64_t>(state);
}

// Where the description begins, behind the head and the marks; the table and
// the bytes follow, each at the next part.
inline constexpr std::uint64_t kDescriptionOffset = kPartSize * (1 + kMarkCount);

struct Layout {
  std::uint64_t table_offset;
  std::uint64_t bytes_offset;
  std::uint64_t end;
};

// The three sizes are within the bounds of journal.h, so that no sum overflows.
inline Layout layout_of(std::uint64_t description_size, std::uint64_t extent_count,
                        std::uint64_t changed_size) {
  auto whole_parts = [](std::uint64_t size) {
    return checked::div_up(size, kPartSize) * kPartSize;
  };
  Layout layout;
  layout.table_offset = kDescriptionOffset + whole_parts(description_size);
  layout.bytes_offset =
      layout.table_offset + whole_parts(extent_count * sizeof(Extent));
  layout.end = layout.bytes_offset + whole_parts(2 * changed_size);
  return layout;
}

}  // namespace drydock::repair::format
