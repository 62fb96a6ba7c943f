// One session of writing to a dynamic or differencing VHD.
//
// A VHD has no log.  What is written into a block that is there goes straight to its
// place.  A new block is put where nothing is, and a sector that a block hasn't had yet
// into its own place, both unseen: the table's entry and the bitmap's bit that show
// them follow at the next flush, when they are safe.  A footer is never overwritten
// before another one is safe.  So a power cut may lose what wasn't flushed, but never
// what was, and no block ever shows what another held.
//
// What must rest on more than one sector's reaching the disk whole is changed through
// the footer: see replace_header().

#pragma once

#include <functional>

#include "vhd/vhd1/blocks.h"
#include "vhd/vhd1/parent_names.h"
#include "vhd/vhd1/space.h"

namespace drydock::vhd1 {

class Writer {
 public:
  // All of them must outlive the writer; `parent` may be null.
  Writer(BlockDevice& file, Container& container, Blocks& blocks, const Image* parent);

  // Makes the footer and its copy alike and sound, as the one that is believed.
  // unsupported where the header or the table doesn't begin at a sector: writing to it
  // can't be made safe.
  Done begin();

  // As BlockDevice has them.  A block of a dynamic image that is all zeros gives its
  // space back.  no_space where the file can't grow.
  Done write(std::uint64_t offset, Bytes from);
  Done zero(std::uint64_t offset, std::uint64_t length);
  Done trim(std::uint64_t offset, std::uint64_t length);

  // Makes everything safe.  After an Error nothing more is written: the image must be
  // opened anew.
  Done flush();

  Done resize(std::uint64_t size);
  Result<Compaction> compact(const Progress& progress);
  Done relink(const ParentLink& link);

 private:
  // Where a block may be put; fresh: it reads as zeros.
  struct Place {
    std::uint64_t offset = 0;
    bool fresh = false;
  };

  Done check_usable() const;
  // Does this as a whole: an Error of it leaves the writer unusable.
  Done at_once(const std::function<Done()>& work);
  Shape shape() const;
  std::vector<Range> structures() const;
  std::uint64_t structures_end() const;
  std::uint64_t place_for_tail() const;
  void find_space();

  Done fill(std::uint64_t offset, Bytes from);
  Done fill_sectors(std::uint64_t offset, Bytes from);
  Done zero_range(std::uint64_t offset, std::uint64_t length);
  Done zero_run(const Blocks::Run& run, std::uint64_t offset);
  Done zero_over_parent(std::uint64_t offset, std::uint64_t length);
  bool may_drop(std::uint64_t offset, std::uint64_t length) const;
  void drop(std::uint64_t block);
  Result<std::uint64_t> make_block(std::uint64_t block);
  Result<Place> take_place();

  Done append(std::uint64_t begin, std::uint64_t length);
  Done put_tail(std::uint64_t offset);
  Done put_footers(Footer footer);
  Done write_bitmaps(bool of_new_blocks);
  Done write_entries();
  Done flush_through();
  bool much_changed() const;

  Done grow(std::uint64_t size);
  Done shrink(std::uint64_t size);
  Done make_room_for_table(std::uint64_t end);
  Done lengthen_last_block();
  Done clear_entries(std::uint64_t first, std::uint64_t end);

  Done move_block(std::uint64_t block, std::uint64_t place);
  Result<bool> is_needless(std::uint64_t block) const;
  Done drop_needless(const Progress& progress, Compaction& result);
  Done move_down(Compaction& result);
  Done cut_end();

  Done replace_header(DynamicHeader fields, Footer footer,
                      const std::vector<ParentPath>& paths);
  std::uint64_t room_at(std::uint64_t offset) const;

  BlockDevice* file_;
  Container* container_;
  Blocks* blocks_;
  const Image* parent_;
  std::optional<Space> space_;
  // Where the footer at the end is: the one that is safe, and the last one written.
  std::uint64_t safe_tail_ = 0;
  std::uint64_t tail_ = 0;
  // Of the last block only what the disk has of it need be in the file: where it would
  // end, had it all.
  std::uint64_t last_block_end_ = 0;
  // While the table grows: where it will be, and no block may be put.
  Range table_room_;
  // True while structures are being changed; an Error leaves it so.
  bool broken_ = false;
};

}  // namespace drydock::vhd1
