// How an input of the VHD fuzzer is taken apart: a small image of one of three kinds,
// and a list of patches to it.
//
//   byte 0           bit 0: fresh checksums after the patches
//                    bits 1 and 2: 0 or 3 dynamic, 1 differencing, 2 fixed
//   then each patch  which structure (1 byte), offset in it (2, little-endian),
//                    length (1), as many bytes

#pragma once

#include <array>

#include "tests/support/vhd_builder.h"

namespace drydock::fuzz {

using testing::VhdBuilder;

inline constexpr std::uint8_t kReseal = 1;
inline constexpr std::uint8_t kChild = 2;
inline constexpr std::uint8_t kFixedKind = 4;

// 2 MiB in blocks of 64 KiB: 1 is there, 3 in part; of a fixed one, 64 KiB.
inline VhdBuilder make_skeleton(std::uint8_t choices) {
  if ((choices & (kChild | kFixedKind)) == kFixedKind) {
    return VhdBuilder({.kind = 2, .virtual_size = 64 * 1024});
  }
  testing::VhdText text;
  if ((choices & (kChild | kFixedKind)) == kChild) {
    text = {.kind = 4,
            .id = "99999999-2222-3333-4444-555555555555",
            .parent_id = "11111111-2222-3333-4444-555555555555",
            .parent_name = u"base.vhd",
            .relative_path = u".\\base.vhd",
            .absolute_path = u"C:\\vm\\base.vhd"};
  }
  VhdBuilder file(text);
  file.add_block(1, 0x11);
  file.add_block(3, 0x33, 5, 50);
  return file;
}

// Where in the file a patch's offset counts from: the footers, the header, the table,
// the bitmaps.  A place that a fixed file doesn't have is its start.
inline std::array<std::uint64_t, 6> structures_of(const VhdBuilder& file,
                                                  std::uint8_t choices) {
  bool fixed = (choices & (kChild | kFixedKind)) == kFixedKind;
  if (fixed) return {0, file.footer_at(), 0, 0, 0, 0};
  return {0,
          file.footer_at(),
          VhdBuilder::kHeader,
          VhdBuilder::kTable,
          file.place(1),
          file.place(3)};
}

}  // namespace drydock::fuzz
