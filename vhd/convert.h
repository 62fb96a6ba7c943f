// Copies what a guest sees of one disk to another, whatever containers hold them.
//
// What is known to be zeros is neither read nor written, and zeros that are stored
// as data are found and not written: a copy is never less sparse than it could be.
//
// Threads: reading and writing go on at the same time, each in a thread.

#pragma once

#include <functional>

#include "vhd/block_device.h"
#include "vhd/progress.h"

namespace drydock {

struct CopyOptions {
  // Zeros among the data are left out where there are at least this many, at
  // multiples of it, in bytes; 0: they are written as they are.  At most 1 MiB,
  // and a power of two.
  std::uint64_t zero_run_min = 4096;
  Progress progress = {};  // in bytes of the disk, zeros with them
};

struct Copied {
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
};

// `to` isn't smaller than `from`, and is all zeros.  The caller flushes it.
// bad_argument for a `to` that is too small, or another zero_run_min; otherwise
// fails as reading, writing and `progress` do.
Result<Copied> copy_disk(const BlockDevice& from, BlockDevice& to,
                         const CopyOptions& options = {});

// Gives all bytes, zeros too, in order.
using TakeBytes = std::function<Done(Bytes bytes)>;
Result<Copied> copy_to_stream(const BlockDevice& from, const TakeBytes& take,
                              const Progress& progress = {});

}  // namespace drydock
