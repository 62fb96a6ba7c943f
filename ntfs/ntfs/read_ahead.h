// Small reads that follow each other, made few and large.
//
// libntfs-3g reads a directory block by block, and $MFT record by record.  Where a
// small read begins at the end of the one before, more than was asked for is read,
// and the next ones are answered from memory.  Others are passed on as they are.
//
// What is in memory is as old as the last forget(): whoever writes to the device
// calls that, or reads past this.

#pragma once

#include "vhd/block_device.h"

namespace drydock::ntfs {

class ReadAhead {
 public:
  // What `device`, always the same one, has at `offset`.  Where more than that can't
  // be read, as near a bad sector, no more is asked of it from then on.
  Done read(const BlockDevice& device, std::uint64_t offset, MutableBytes into);

  void forget();

 private:
  Done read_span(const BlockDevice& device, std::uint64_t offset);
  bool holds(std::uint64_t offset, std::size_t length) const;

  ByteVector span_;                // of the device, from span_offset_ on
  std::uint64_t span_offset_ = 0;  // in bytes, as are the others
  std::uint64_t span_length_ = 0;  // of the last one, or the next
  std::uint64_t end_ = 0;          // of the last small read
  bool works_ = true;
};

}  // namespace drydock::ntfs
