// In which of four ways the Windows Overlay Filter compressed a file.

#pragma once

#include <cstdint>
#include <string_view>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::wof {

// By their numbers in a reparse point.
enum class Compression : std::uint8_t { xpress4k, lzx, xpress8k, xpress16k };

std::string_view to_string(Compression compression);  // "XPRESS 4K"

// What is compressed together, in bytes.
std::uint32_t chunk_size(Compression compression);

// What the reparse point of a file says; `data` is its value behind the tag and
// the length.  unsupported, by name, for a file of WIMBoot's, whose bytes are in
// another file.
Result<Compression> read_reparse_data(Bytes data);

}  // namespace drydock::wof
