// How the Windows Overlay Filter keeps a file compressed (Compact OS, "compact
// /exe"): a reparse point says how, the stream WofCompressedData holds the bytes,
// and the unnamed stream is a hole of the file's size.

#pragma once

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock::wof::format {

// The value of the reparse point, behind its tag and length.
// [MS-FSCC] 2.1.2; wdm.h: WOF_EXTERNAL_INFO, FILE_PROVIDER_EXTERNAL_INFO_V1.
struct ReparseData {
  le32 version;           // +0x00  1
  le32 provider;          // +0x04  kFileProvider
  le32 provider_version;  // +0x08  1
  le32 algorithm;         // +0x0c  wof::Compression
};
static_assert(OnDisk<ReparseData> && sizeof(ReparseData) == 16);

inline constexpr std::uint32_t kVersion = 1;
// WIMBoot's: the bytes are in a WIM file of another volume.
inline constexpr std::uint32_t kWimProvider = 1;
inline constexpr std::uint32_t kFileProvider = 2;

// The stream: a table with the end of each chunk but the last, counted from the
// table's end, and then the chunks.  An end takes four bytes, or eight where the
// file is larger than 4 GiB.  A chunk that is as long as what it stands for is
// stored as it is.  No specification says so; it is the layout of a resource in
// a WIM file ([MS-WIM] "Compressed resource format"), whose makers WOF shares.
inline constexpr std::uint64_t kShortEndsMax = 0xffff'ffff;

}  // namespace drydock::wof::format
