// The sector bitmaps of a differencing file: for a block that is here in part, which
// of its sectors are here, and which are the parent's.
//
// They are read a page at a time, when first asked for.  Changes are made in memory;
// changed_pages() are then carried to the file.
//
// Threads: run() may be called by many at once.

#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <set>
#include <vector>

#include "vhd/block_device.h"
#include "vhd/vhdx/bat.h"

namespace drydock::vhdx {

class SectorBitmaps {
 public:
  explicit SectorBitmaps(std::uint64_t chunk_count) : chunks_(chunk_count) {}
  ~SectorBitmaps();

  // The sectors from `sector` on, no more than `count_max`, that are all here or all
  // the parent's; the answer may stop short.
  struct Run {
    std::uint64_t count = 0;
    bool here = false;
  };
  Result<Run> run(const BlockDevice& file, const Bat& bat, std::uint64_t sector,
                  std::uint64_t count_max) const;

  // Says for `count` sectors from `sector` on where they are.
  enum class Place : std::uint8_t { parent, here };
  Done set(const BlockDevice& file, const Bat& bat, std::uint64_t sector,
           std::uint64_t count, Place place);

  // The pages that differ from the file's, counted over all chunks.
  const std::set<std::uint64_t>& changed_pages() const { return changed_pages_; }
  static std::uint64_t chunk_of_page(std::uint64_t page) {
    return page / kPagesPerChunk;
  }
  static std::uint64_t offset_in_bitmap(std::uint64_t page) {
    return page % kPagesPerChunk * kPageSize;
  }
  Bytes page_bytes(std::uint64_t page) const;
  void forget_changes() { changed_pages_.clear(); }

 private:
  static constexpr std::uint64_t kPagesPerChunk = kBitmapSize / kPageSize;
  static constexpr std::uint64_t kWordsPerPage = kPageSize / sizeof(le64);
  static constexpr std::uint64_t kSectorsPerPage = kPageSize * 8;
  using Page = std::array<le64, kWordsPerPage>;
  // Pages come and never go, so that whoever has found one may go on reading it.
  using Chunk = std::array<std::atomic<Page*>, kPagesPerChunk>;

  static Run run_in(const Page& page, std::uint64_t first, std::uint64_t count_max);
  Result<Page*> load(const BlockDevice& file, const Bat& bat, std::uint64_t page) const;
  static Done read(const BlockDevice& file, const Bat& bat, std::uint64_t number,
                   Page& page);
  Chunk& chunk(std::uint64_t number) const;

  mutable std::vector<std::atomic<Chunk*>> chunks_;
  mutable std::atomic<std::uint64_t> loaded_count_ = 0;
  std::set<std::uint64_t> changed_pages_;
};

}  // namespace drydock::vhdx
