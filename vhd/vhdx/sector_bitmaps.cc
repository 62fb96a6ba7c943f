#include "vhd/vhdx/sector_bitmaps.h"

#include <algorithm>
#include <bit>

#include "vhd/base/try.h"

namespace drydock::vhdx {

namespace {

// What is kept for reading: 32 MiB of bitmaps speak for 128 GiB of 512-byte sectors.
// Beyond that a page is read each time that it is asked for.
constexpr std::uint64_t kLoadedPageCountMax = 8192;

}  // namespace

SectorBitmaps::~SectorBitmaps() {
  for (auto& entry : chunks_) {
    std::unique_ptr<Chunk> chunk(entry.load());
    if (!chunk) continue;
    for (auto& page : *chunk) std::unique_ptr<Page>(page.load()).reset();
  }
}

SectorBitmaps::Chunk& SectorBitmaps::chunk(std::uint64_t number) const {
  std::atomic<Chunk*>& entry = chunks_[number];
  Chunk* chunk = entry.load(std::memory_order_acquire);
  if (chunk != nullptr) return *chunk;
  auto made = std::make_unique<Chunk>();
  if (entry.compare_exchange_strong(chunk, made.get(), std::memory_order_acq_rel)) {
    return *made.release();
  }
  return *chunk;  // Another thread was quicker.
}

Done SectorBitmaps::read(const BlockDevice& file, const Bat& bat, std::uint64_t number,
                         Page& page) {
  auto place = TRY(bat.find_bitmap(chunk_of_page(number)));
  if (!place) {
    page = {};
    return {};
  }
  return file
      .read(*place + offset_in_bitmap(number), std::as_writable_bytes(std::span(page)))
      .in("sector bitmap");
}

Result<SectorBitmaps::Page*> SectorBitmaps::load(const BlockDevice& file,
                                                 const Bat& bat,
                                                 std::uint64_t number) const {
  std::atomic<Page*>& entry = chunk(chunk_of_page(number))[number % kPagesPerChunk];
  Page* page = entry.load(std::memory_order_acquire);
  if (page != nullptr) return page;
  auto made = std::make_unique<Page>();
  TRY(read(file, bat, number, *made));
  if (entry.compare_exchange_strong(page, made.get(), std::memory_order_acq_rel)) {
    ++loaded_count_;
    return made.release();
  }
  return page;
}

SectorBitmaps::Run SectorBitmaps::run_in(const Page& page, std::uint64_t first,
                                         std::uint64_t count_max) {
  std::uint64_t end = std::min(kSectorsPerPage, first + count_max);
  bool here = (page[first / 64] >> (first % 64) & 1) != 0;
  std::uint64_t at = first;
  while (at < end) {
    // The bits that differ from the first one's, from `at` on, are ones.
    std::uint64_t word = page[at / 64];
    std::uint64_t others = (here ? ~word : word) >> (at % 64);
    if (others != 0) {
      at += static_cast<std::uint64_t>(std::countr_zero(others));
      break;
    }
    at = (at / 64 + 1) * 64;
  }
  return Run{.count = std::min(at, end) - first, .here = here};
}

Result<SectorBitmaps::Run> SectorBitmaps::run(const BlockDevice& file, const Bat& bat,
                                              std::uint64_t sector,
                                              std::uint64_t count_max) const {
  std::uint64_t number = sector / kSectorsPerPage;
  std::uint64_t first = sector % kSectorsPerPage;
  const Page* page = chunk(chunk_of_page(number))[number % kPagesPerChunk].load(
      std::memory_order_acquire);
  if (page == nullptr && loaded_count_ >= kLoadedPageCountMax) {
    auto scratch = std::make_unique<Page>();
    TRY(read(file, bat, number, *scratch));
    return run_in(*scratch, first, count_max);
  }
  if (page == nullptr) page = TRY(load(file, bat, number));
  return run_in(*page, first, count_max);
}

Done SectorBitmaps::set(const BlockDevice& file, const Bat& bat, std::uint64_t sector,
                        std::uint64_t count, Place place) {
  while (count != 0) {
    std::uint64_t number = sector / kSectorsPerPage;
    Page& page = *TRY(load(file, bat, number));
    std::uint64_t bit = sector % 64;
    std::uint64_t length = std::min(count, 64 - bit);
    std::uint64_t mask = (~std::uint64_t{0} >> (64 - length)) << bit;
    le64& word = page[sector % kSectorsPerPage / 64];
    std::uint64_t changed = place == Place::here ? word | mask : word & ~mask;
    if (changed != word) {
      word = changed;
      changed_pages_.insert(number);
    }
    sector += length;
    count -= length;
  }
  return {};
}

Bytes SectorBitmaps::page_bytes(std::uint64_t page) const {
  const Chunk& pages = *chunks_[chunk_of_page(page)].load(std::memory_order_acquire);
  return std::as_bytes(
      std::span(*pages[page % kPagesPerChunk].load(std::memory_order_acquire)));
}

}  // namespace drydock::vhdx
