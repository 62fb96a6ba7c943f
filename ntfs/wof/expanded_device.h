// The bytes of a file that WOF compressed, as programs in Windows see them: a
// device over its stream WofCompressedData.  For reading only; who writes to such
// a file first makes it a plain one, as Windows does.
//
// Threads: one at a time, as all of a volume.

#pragma once

#include "ntfs/wof/compression.h"
#include "vhd/block_device.h"

namespace drydock::wof {

// `size` is the file's.  corrupt where the stream can't hold the table of so many
// chunks.
Result<DevicePtr> expand(DevicePtr stream, std::uint64_t size, Compression compression);

}  // namespace drydock::wof
