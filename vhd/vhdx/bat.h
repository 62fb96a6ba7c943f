// The block allocation table: where in the file each block of the disk is.
//
// It is read whole when the image is opened, and checked whole: after that no
// block can be outside the file, on top of another, or on top of what isn't a
// block.  Changes are made in memory; what changed_pages() names is then carried
// to the file through the log.

#pragma once

#include <array>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "vhd/block_device.h"
#include "vhd/vhdx/metadata.h"
#include "vhd/vhdx/region_table.h"

namespace drydock::vhdx {

class Bat {
 public:
  // Of a fixed or dynamic file.  `others` are the places in the file where no
  // block can be: the regions and the log.  corrupt where an entry has a state
  // that can't be, or a place that is outside of the file or taken.
  static Result<Bat> load(const BlockDevice& file, const Region& region,
                          const Metadata& metadata, const std::vector<Region>& others);

  // The bytes of the disk from `offset` on, no more than `length_max`, that are
  // stored in the same way: side by side in the file, or nowhere, as zeros.
  struct Run {
    std::uint64_t length = 0;
    std::optional<std::uint64_t> file_offset;
  };
  Run run(std::uint64_t offset, std::uint64_t length_max) const;

  // Space in the file that is still the block's own though the block isn't
  // present: what Windows leaves behind an unmapped block of a fixed file.
  // What is there may be anything that the block once held.
  std::optional<std::uint64_t> kept_space(std::uint64_t block) const;

  // From now on the block is at `file_offset`: a multiple of 1 MiB where nothing
  // else is.
  void place(std::uint64_t block, std::uint64_t file_offset);

  // The end of the last of all structures, blocks and `others`, in the file.
  std::uint64_t structures_end() const { return structures_end_; }

  // The pages of the table that differ from the file's.
  const std::set<std::uint64_t>& changed_pages() const { return changed_pages_; }
  std::uint64_t page_offset(std::uint64_t page) const;  // in the file
  Bytes page_bytes(std::uint64_t page) const;
  void forget_changes() { changed_pages_.clear(); }

 private:
  // Those of the table's pages that aren't all zeros.
  static constexpr std::uint64_t kEntriesPerPage = kPageSize / sizeof(le64);
  using Page = std::array<le64, kEntriesPerPage>;
  struct Places;

  Bat(const Region& region, const Metadata& metadata);
  std::uint64_t block_size() const { return std::uint64_t{1} << block_shift_; }
  std::size_t index_of(std::uint64_t block) const;
  std::uint64_t entry(std::uint64_t block) const;
  Done read_pages(const BlockDevice& file);
  Result<Places> collect_places(std::uint64_t file_size) const;
  Done collect_place(std::uint64_t index, std::uint64_t value, std::uint64_t file_size,
                     Places& places) const;
  Done check_places(Places places, const std::vector<Region>& others,
                    std::uint64_t file_size);

  std::uint64_t table_offset_;
  std::uint64_t virtual_size_;
  std::uint64_t block_count_;
  int block_shift_;            // log2 of the block size
  int chunk_shift_;            // log2 of how many blocks lie between two bitmap entries
  std::uint64_t entry_count_;  // with those of bitmaps among them
  std::vector<std::unique_ptr<Page>> pages_;  // null: all zeros
  bool kept_spaces_usable_ = false;
  std::uint64_t structures_end_ = 0;
  std::set<std::uint64_t> changed_pages_;
};

}  // namespace drydock::vhdx
