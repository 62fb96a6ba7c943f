// The block allocation table: where in the file each block of the disk is.
//
// It is read whole when the image is opened, and checked whole: after that no
// block can be outside the file, on top of another, or on top of what isn't a
// block.  Changes are made in memory; what changed_pages() names is then carried
// to the file through the log.
//
// A large table that nobody will change is read a page at a time, when one is asked
// for, and each page is checked by itself: no block can be outside the file or on
// top of what isn't a block, but that two blocks share a place isn't seen.
//
// Threads: const members may be called by many at once.

#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "vhd/block_device.h"
#include "vhd/vhdx/metadata.h"
#include "vhd/vhdx/region_table.h"
#include "vhd/vhdx/table_cache.h"

namespace drydock::vhdx {

// What has the bytes of a block.
enum class Source : std::uint8_t {
  zeros,   // nobody: they are zeros
  file,    // this file
  parent,  // the parent
  mixed,   // this file or the parent, sector by sector, as the sector bitmap says
};

struct BatOptions {
  // A table of more bytes is read on demand, and can only be read: of the members
  // below, those that fail may be called, and those that ask for its shape.
  std::uint64_t whole_size_max = std::numeric_limits<std::uint64_t>::max();
};

class Bat {
 public:
  // `others` are the places in the file where no block can be: the regions and the
  // log.  corrupt where an entry has a state that can't be, or a place that is
  // outside of the file or taken.
  static Result<Bat> load(std::shared_ptr<const BlockDevice> file, const Region& region,
                          const Metadata& metadata, const std::vector<Region>& others,
                          BatOptions options = {});

  std::uint64_t block_size() const { return std::uint64_t{1} << block_shift_; }
  std::uint64_t block_count() const { return block_count_; }
  // With those of bitmaps among them.
  std::uint64_t entry_count() const { return entry_count_; }
  // How many a disk of another size has.
  std::uint64_t entry_count_for(std::uint64_t virtual_size) const;
  // Of 2^23 sectors each, the last one perhaps shorter.
  std::uint64_t chunk_count() const { return ((block_count_ - 1) >> chunk_shift_) + 1; }
  std::uint64_t chunk_of(std::uint64_t block) const { return block >> chunk_shift_; }

  // The bytes of the disk from `offset` on, no more than `length_max`, that are
  // stored in the same way: side by side in the file, or elsewhere.
  struct Run {
    std::uint64_t length = 0;
    Source source = Source::zeros;
    std::uint64_t file_offset = 0;  // of Source::file and Source::mixed
  };
  // Fails where the table is read on demand, as load() and reading do.
  Result<Run> run(std::uint64_t offset, std::uint64_t length_max) const;

  // Where the block is in the file, of Source::file and Source::mixed.
  std::optional<std::uint64_t> place_of(std::uint64_t block) const;

  // Where the sector bitmap of a chunk is: 1 MiB of the file.  find_bitmap() fails
  // as run() does; the other is of a table that was read whole.
  Result<std::optional<std::uint64_t>> find_bitmap(std::uint64_t chunk) const;
  std::optional<std::uint64_t> bitmap_place_of(std::uint64_t chunk) const;

  // Space in the file that is still the block's own though the block isn't
  // present: what Windows leaves behind an unmapped block of a fixed file.
  // What is there may be anything that the block once held.
  std::optional<std::uint64_t> kept_space(std::uint64_t block) const;

  // From now on the block, or its chunk's bitmap, is at `file_offset`: a multiple
  // of 1 MiB where nothing else is.
  void place(std::uint64_t block, BlockState state, std::uint64_t file_offset);
  void place_bitmap(std::uint64_t chunk, std::uint64_t file_offset);
  // From now on it is nowhere.
  void drop(std::uint64_t block, BlockState state);

  // Every block from this one on, and every bitmap without a block before it, is
  // nowhere, as if it had never been.
  void drop_from(std::uint64_t first_block);
  // Blocks that aren't present give up the space that they keep.
  void drop_kept_spaces();

  // What is in the file, in the table's order: blocks that are present, and bitmaps.
  struct Occupant {
    std::uint64_t offset = 0;
    std::uint64_t number = 0;  // of the block, or of the chunk
    bool is_bitmap = false;
    BlockState state = BlockState::fully_present;
  };
  std::vector<Occupant> occupants() const;

  // Every stretch of the file that a block, a bitmap or one of the `others` has,
  // or may think that it has; ascending.  The place of a block that isn't present was
  // never checked: one past the end of `file_size` bytes is left out.
  std::vector<Region> taken(std::uint64_t file_size) const;

  // An end that no structure goes past, in the file: blocks, bitmaps, `others`.
  std::uint64_t structures_end() const { return structures_end_; }
  // Once what was there has moved.
  void set_structures_end(std::uint64_t end) { structures_end_ = end; }

  // The pages of the table that differ from the file's.
  const std::set<std::uint64_t>& changed_pages() const { return changed_pages_; }
  std::uint64_t page_offset(std::uint64_t page) const;  // in the file
  Bytes page_bytes(std::uint64_t page) const;
  void forget_changes() { changed_pages_.clear(); }

 private:
  struct Places;

  Bat(std::shared_ptr<const BlockDevice> file, const Region& region,
      const Metadata& metadata, const std::vector<Region>& others);
  std::uint64_t index_of(std::uint64_t block) const;
  std::uint64_t bitmap_index_of(std::uint64_t chunk) const;
  bool is_bitmap_index(std::uint64_t index) const;
  // Of an entry: its chunk; and its block, where it isn't a bitmap's.
  std::uint64_t chunk_at(std::uint64_t index) const;
  Result<std::uint64_t> find_entry(std::uint64_t index) const;
  // Of a table that was read whole.
  std::uint64_t entry(std::uint64_t index) const;
  void set_entry(std::uint64_t index, std::uint64_t value);
  Source source_of(std::uint64_t entry) const;
  std::optional<std::uint64_t> bitmap_place_in(std::uint64_t entry) const;
  Done read_pages();
  template <class Function>
  Done for_each_entry(Function function) const;
  // Checks an entry by itself; where what it has is, if it has something.
  using Stretch = std::optional<Region>;
  Result<Stretch> check_entry(std::uint64_t index, std::uint64_t value) const;
  Result<Stretch> check_block(std::uint64_t block, std::uint64_t value) const;
  Result<Stretch> check_bitmap(std::uint64_t index, std::uint64_t value) const;
  static Done check_has_bitmap(std::uint64_t block,
                               std::optional<std::uint64_t> bitmap);
  Done check_page(std::uint64_t number, const BatPage& page) const;
  Result<Places> collect_places() const;
  Done check_places(Places places);

  std::shared_ptr<const BlockDevice> file_;  // null once all of it is read
  std::uint64_t file_size_;                  // when the table was loaded
  std::uint64_t table_offset_;
  std::uint64_t virtual_size_;
  bool differencing_;
  std::uint64_t block_count_;
  int block_shift_;  // log2 of the block size
  int chunk_shift_;  // log2 of how many blocks lie between two bitmap entries
  std::uint64_t entry_count_;
  std::vector<Region> others_;                   // ascending
  std::unique_ptr<TableCache> cache_;            // of a table that is read on demand
  std::vector<std::unique_ptr<BatPage>> pages_;  // of any other; null: all zeros
  bool kept_spaces_usable_ = false;
  std::uint64_t structures_end_ = 0;
  std::set<std::uint64_t> changed_pages_;
};

}  // namespace drydock::vhdx
