// One session of writing to a VHDX file, from its first change to its last
// flush.
//
// Data goes straight to its place: into the block, or into a new one where nothing
// is.  The table that says where blocks are, and the bitmaps that say which sectors
// of them are here, change in memory, and in the file at the next flush, through the
// log.  So a power cut may lose what wasn't flushed, but never what was, and no block
// ever shows what another held.

#pragma once

#include <set>

#include "vhd/base/random_guid.h"
#include "vhd/vhdx/blocks.h"
#include "vhd/vhdx/headers.h"
#include "vhd/vhdx/log.h"
#include "vhd/vhdx/log_entry.h"
#include "vhd/vhdx/space.h"

namespace drydock::vhdx {

struct WriterOptions {
  bool leave_blocks_allocated = false;  // of a fixed file: none is ever dropped
  MakeGuid make_guid;
  std::optional<Guid> data_guid = {};  // as ImageOptions has it
};

class Writer {
 public:
  // `headers` are the file's, whose log isn't in use.
  Writer(DevicePtr file, Headers headers, WriterOptions options);

  const Header& header() const { return headers_.current(); }

  // Writes to the disk at `offset`.  Zeros where there is no block stay what
  // they are.  no_space where the file can't grow.
  Done write(Blocks& blocks, std::uint64_t offset, Bytes from);
  // As BlockDevice has them.  A block that is all zeros gives its space back.
  Done zero(Blocks& blocks, std::uint64_t offset, std::uint64_t length);
  Done trim(Blocks& blocks, std::uint64_t offset, std::uint64_t length);

  // Makes everything safe, and leaves the log empty.  After an Error nothing more
  // is written: the image must be opened anew.
  Done flush(Blocks& blocks);

  // For those who change more than blocks (resize, compact, relink).

  // What is about to change: things that only readers of the file see, or bytes of
  // the disk.  New GUIDs are safe when this returns.  [MS-VHDX] 2.2.2
  enum class Change : std::uint8_t { structures, data };
  Done begin(Change change);
  // As flush(), with these pages, which change all at once and before all others.
  Done flush_with(Blocks& blocks, std::vector<PageWrite> pages);
  // Space where nothing is, neither in the file as it was at the last flush nor as
  // it is now: `length` bytes of which nothing is known.
  Result<std::uint64_t> find_space(const Blocks& blocks, std::uint64_t length);
  // The table has changed otherwise than by this: what is free is to be found anew.
  void forget_space() { space_.reset(); }

 private:
  Done check_usable() const;
  Done write_run(Blocks& blocks, const Bat::Run& run, std::uint64_t offset, Bytes from);
  Done fill_block(Blocks& blocks, std::uint64_t offset, Bytes from);
  Done write_over_parent(Blocks& blocks, std::uint64_t offset, Bytes from);
  Done zero_run(Blocks& blocks, const Bat::Run& run, std::uint64_t offset);
  Done drop_block(Blocks& blocks, std::uint64_t block);
  Result<std::uint64_t> make_partial(Blocks& blocks, std::uint64_t block);
  Done write_new_bitmaps(const Blocks& blocks);
  std::vector<PageWrite> changed_pages(const Blocks& blocks) const;
  Done flush_through(Blocks& blocks, std::vector<PageWrite> pages);
  Done flush_if_much_changed(Blocks& blocks);

  DevicePtr file_;
  Headers headers_;
  WriterOptions options_;
  std::optional<Change> begun_;
  // True while structures are being changed; an Error leaves it so.
  bool broken_ = false;
  std::optional<RegionTableRepair> repair_;
  std::optional<Space> space_;
  // What nothing points at any more, once the next flush is done.
  std::vector<Region> freed_;
  // Chunks whose bitmap nothing in the file points at yet.
  std::set<std::uint64_t> new_bitmaps_;
};

// Carries a replay into the file, as opening it for writing does: all of it is
// safe when this returns, and the log is empty.
Done settle_log(BlockDevice& file, Headers& headers, const Replay& replay,
                const MakeGuid& make_guid);

}  // namespace drydock::vhdx
