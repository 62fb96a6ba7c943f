// How an input of the VHDX fuzzer is taken apart: a whole image would be 5 MiB,
// so it is a small one of four, and a list of patches to its structures.
//
//   byte 0           bit 0: fresh checksums after the patches
//                    bit 1: the image with a log to replay
//                    bit 2: the image is a child
//   then each patch  which structure (1 byte), offset in it (2, little-endian),
//                    length (1), as many bytes

#pragma once

#include <array>

#include "tests/support/vhdx_builder.h"

namespace drydock::fuzz {

using testing::VhdxBuilder;

inline constexpr std::uint8_t kReseal = 1;
inline constexpr std::uint8_t kPendingLog = 2;
inline constexpr std::uint8_t kChild = 4;

// Where a child has its sector bitmap: after four blocks.
inline constexpr std::uint64_t kBitmap = VhdxBuilder::kBlocks + 4 * testing::kMiB;

// Where in the file a patch's offset counts from.
inline constexpr std::array<std::uint64_t, 9> kStructures = {
    VhdxBuilder::kHeader[0],
    VhdxBuilder::kHeader[1],
    VhdxBuilder::kRegionTable[0],
    VhdxBuilder::kRegionTable[1],
    VhdxBuilder::kLog,
    VhdxBuilder::kMetadata,
    VhdxBuilder::kMetadata + 0x10000,
    VhdxBuilder::kBat,
    kBitmap};

// 8 MiB in blocks of 1 MiB: 1 and 3 are there, 4 is unmapped and has its space.
// In the log, which two of the four have in use, 3 is somewhere else.  Of a child, 5
// is there in part.
inline VhdxBuilder make_skeleton(std::uint8_t choices) {
  bool child = (choices & kChild) != 0;
  VhdxBuilder file({.flags = child ? 2u : 0u});
  if (child) file.add_parent("{bbbbbbbb-0000-0000-0000-000000000001}");
  file.add_block(1, 0x11);
  std::uint64_t first = file.add_block(3, 0x33);
  std::uint64_t kept = file.add_block(4, 0x44);
  file.set_block(4, 3, kept);
  if (child) {
    file.set_block(5, 7, file.add_block(5, 0x66));
    file.add_bitmap(0);
    testing::put(file.bytes, kBitmap + 5 * 256, 8, 0x00ff00ff00ff0f01);
  }
  file.bytes.resize(file.bytes.size() + testing::kMiB);
  std::uint64_t second = file.bytes.size() - testing::kMiB;
  std::memset(file.bytes.data() + second, 0x55, testing::kMiB);
  testing::LogEntryText entry{.sequence = 9, .last_file_offset = second};
  entry.descriptors = {
      {.file_offset = VhdxBuilder::kBat, .page = file.bat_page(3, 6, second)},
      {.file_offset = VhdxBuilder::kBat + 8192, .zero_length = 4096}};
  file.put_log(0, testing::log_entry(entry));
  static_cast<void>(first);
  if ((choices & kPendingLog) != 0) file.set_log_guid(VhdxBuilder::kLogGuid);
  return file;
}

}  // namespace drydock::fuzz
