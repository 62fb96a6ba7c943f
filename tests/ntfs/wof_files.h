// Bytes as WOF keeps them, made by wimlib-imagex: a file in a WIM is laid out as
// the stream WofCompressedData is.

#pragma once

#include "ntfs/wof/compression.h"
#include "vhd/base/bytes.h"

namespace drydock {

// Empty where wimlib-imagex isn't here, or stores `content` as it is.
ByteVector compressed_by_wimlib(Bytes content, wof::Compression compression);

// Lines that can be compressed, then a part that can't, then lines again.
ByteVector mixed_bytes(std::size_t size);

// The value of a reparse point ([MS-FSCC] 2.1.2.1).
ByteVector reparse_point(std::uint32_t tag, Bytes data);

// Of WOF's, version 1, the file provider.
ByteVector wof_reparse_data(std::uint32_t algorithm, std::uint32_t provider = 2);

}  // namespace drydock
