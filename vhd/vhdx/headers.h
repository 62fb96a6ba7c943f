// The two headers of a VHDX file, of which one is in force.
//
// A header can't be changed through the log, since it is what says where the
// log is.  So there are two, and only the one that isn't in force is written:
// whatever a power cut does to it, the other still stands.

#pragma once

#include "vhd/block_device.h"
#include "vhd/vhdx/format.h"

namespace drydock::vhdx {

class Headers {
 public:
  // corrupt where neither is sound, where both are and nothing says which is
  // the newer, or where the log isn't where one can be; unsupported for another
  // version of the format.
  static Result<Headers> read(const BlockDevice& file);

  const Header& current() const { return current_; }

  // Puts `next` in force: into one slot, flushed, then into the other.  The
  // sequence numbers and the checksum are set here.  The second slot is left in
  // flight: the caller flushes before the next update, so that never both can be
  // lost.
  Done update(BlockDevice& file, const Header& next);

 private:
  Headers() = default;
  Done write_other(BlockDevice& file, const Header& next);

  std::size_t slot_ = 0;  // of the header in force
  Header current_;
  ByteVector page_;  // its 4 KiB, with what is reserved in them
};

}  // namespace drydock::vhdx
