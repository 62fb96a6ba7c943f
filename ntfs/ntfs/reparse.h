// Reparse points: what a file stands for that isn't its own bytes, or not as they
// lie.  They are told of, and but for WOF's never followed.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ntfs/file.h"
#include "ntfs/ntfs/inode.h"

namespace drydock::ntfs {

// 0 where `inode` has none.
Result<std::uint32_t> reparse_tag_of(const Inode& inode);

// The value behind its tag and length.  corrupt where there is none, or it is
// longer than [MS-FSCC] 2.1.2 lets it be.
Result<ByteVector> reparse_data_of(const Inode& inode);

// What a value says.  A target that makes no sense is left out.
ReparsePoint decode_reparse_point(std::uint32_t tag, Bytes data);

}  // namespace drydock::ntfs
