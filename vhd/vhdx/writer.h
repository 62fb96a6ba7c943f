// One session of writing to a VHDX file, from its first change to its last
// flush.
//
// Data goes straight to its place: into the block, or into a new one at the end
// of the file.  The table that says where blocks are changes in memory, and in
// the file at the next flush, through the log.  So a power cut may lose what
// wasn't flushed, but never what was, and no block ever shows what another held.

#pragma once

#include "vhd/base/random_guid.h"
#include "vhd/vhdx/bat.h"
#include "vhd/vhdx/headers.h"
#include "vhd/vhdx/log.h"

namespace drydock::vhdx {

class Writer {
 public:
  // `headers` are the file's, whose log isn't in use.
  Writer(DevicePtr file, Headers headers, std::uint32_t block_size, MakeGuid make_guid);

  const Header& header() const { return headers_.current(); }

  // Writes to the disk at `offset`.  Zeros where there is no block stay what
  // they are.  no_space where the file can't grow.
  Done write(Bat& bat, std::uint64_t offset, Bytes from);

  // Makes everything safe, and leaves the log empty.  After an Error nothing more
  // is written: the image must be opened anew.
  Done flush(Bat& bat);

 private:
  Done begin();
  Done check_usable() const;
  Done allocate(Bat& bat, std::uint64_t offset, Bytes from);
  Result<std::uint64_t> find_space(const Bat& bat);
  Done flush_through(Bat& bat);

  DevicePtr file_;
  Headers headers_;
  std::uint64_t block_size_;
  MakeGuid make_guid_;
  bool begun_ = false;
  // True while structures are being changed; an Error leaves it so.
  bool broken_ = false;
  std::optional<RegionTableRepair> repair_;
};

// Carries a replay into the file, as opening it for writing does: all of it is
// safe when this returns, and the log is empty.
Done settle_log(BlockDevice& file, Headers& headers, const Replay& replay,
                const MakeGuid& make_guid);

}  // namespace drydock::vhdx
