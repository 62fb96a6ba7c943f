// How an input of the VHDX fuzzer is taken apart: a whole image would be 5 MiB,
// so it is a small one of two, and a list of patches to its structures.
//
//   byte 0           bit 0: fresh checksums after the patches
//                    bit 1: the image with a log to replay
//   then each patch  which structure (1 byte), offset in it (2, little-endian),
//                    length (1), as many bytes

#pragma once

#include <array>

#include "tests/support/vhdx_builder.h"

namespace drydock::fuzz {

using testing::VhdxBuilder;

inline constexpr std::uint8_t kReseal = 1;
inline constexpr std::uint8_t kPendingLog = 2;

// Where in the file a patch's offset counts from.
inline constexpr std::array<std::uint64_t, 8> kStructures = {
    VhdxBuilder::kHeader[0],
    VhdxBuilder::kHeader[1],
    VhdxBuilder::kRegionTable[0],
    VhdxBuilder::kRegionTable[1],
    VhdxBuilder::kLog,
    VhdxBuilder::kMetadata,
    VhdxBuilder::kMetadata + 0x10000,
    VhdxBuilder::kBat};

// 8 MiB in blocks of 1 MiB: 1 and 3 are there, 4 is unmapped and has its space.
// In the log, which one of the two has in use, 3 is somewhere else.
inline VhdxBuilder make_skeleton(bool pending) {
  VhdxBuilder file;
  file.add_block(1, 0x11);
  std::uint64_t first = file.add_block(3, 0x33);
  std::uint64_t kept = file.add_block(4, 0x44);
  file.set_block(4, 3, kept);
  file.bytes.resize(file.bytes.size() + testing::kMiB);
  std::uint64_t second = file.bytes.size() - testing::kMiB;
  std::memset(file.bytes.data() + second, 0x55, testing::kMiB);
  testing::LogEntryText entry{.sequence = 9, .last_file_offset = second};
  entry.descriptors = {
      {.file_offset = VhdxBuilder::kBat, .page = file.bat_page(3, 6, second)},
      {.file_offset = VhdxBuilder::kBat + 8192, .zero_length = 4096}};
  file.put_log(0, testing::log_entry(entry));
  static_cast<void>(first);
  if (pending) file.set_log_guid(VhdxBuilder::kLogGuid);
  return file;
}

}  // namespace drydock::fuzz
