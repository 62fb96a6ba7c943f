#include "vhd/vhdx/bat.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::vhdx {

namespace {

// How much of the table is read at once.
constexpr std::uint64_t kReadSize = kMiB;

BlockState state_of(std::uint64_t entry) {
  return static_cast<BlockState>(entry & kBatStateMask);
}

bool is_present(std::uint64_t entry) {
  return state_of(entry) == BlockState::fully_present;
}

// Ascending starts of blocks of one size: whether two overlap.
std::optional<std::uint64_t> find_overlap(const std::vector<std::uint64_t>& starts,
                                          std::uint64_t block_size) {
  for (std::size_t i = 1; i < starts.size(); ++i) {
    if (starts[i] - starts[i - 1] < block_size) return starts[i];
  }
  return std::nullopt;
}

std::optional<std::uint64_t> find_overlap(const std::vector<std::uint64_t>& starts,
                                          std::uint64_t block_size,
                                          const std::vector<Region>& others) {
  for (const Region& other : others) {
    auto next = std::ranges::lower_bound(starts, other.offset);
    if (next != starts.end() && *next - other.offset < other.length) return *next;
    if (next != starts.begin() && other.offset - *(next - 1) < block_size) {
      return *(next - 1);
    }
  }
  return std::nullopt;
}

}  // namespace

// Where the blocks are.
struct Bat::Places {
  std::vector<std::uint64_t> present;  // ascending
  std::vector<std::uint64_t> kept;     // of blocks that aren't present
};

Bat::Bat(const Region& region, const Metadata& metadata)
    : table_offset_(region.offset),
      virtual_size_(metadata.virtual_size),
      block_count_(checked::div_up(metadata.virtual_size, metadata.block_size)),
      block_shift_(std::countr_zero(metadata.block_size)),
      chunk_shift_(std::countr_zero(kSectorsPerBitmap * metadata.logical_sector_size) -
                   block_shift_),
      entry_count_(index_of(block_count_ - 1) + 1) {}

// An entry for a block of the sector bitmap follows those of each chunk, in
// every kind of file, so that a file can change its kind.  [MS-VHDX] 2.5
std::size_t Bat::index_of(std::uint64_t block) const {
  return block + (block >> chunk_shift_);
}

std::uint64_t Bat::entry(std::uint64_t block) const {
  std::size_t index = index_of(block);
  const auto& page = pages_[index / kEntriesPerPage];
  if (!page) return 0;
  return (*page)[index % kEntriesPerPage];
}

Result<Bat> Bat::load(const BlockDevice& file, const Region& region,
                      const Metadata& metadata, const std::vector<Region>& others) {
  Bat bat(region, metadata);
  if (bat.entry_count_ > region.length / sizeof(le64)) {
    return Error(Errc::corrupt,
                 fmt::format("{} entries don't fit into the region's {} bytes",
                             bat.entry_count_, region.length));
  }
  TRY(bat.read_pages(file));
  Places places = TRY(bat.collect_places(file.size()));
  TRY(bat.check_places(std::move(places), others, file.size()));
  return bat;
}

// The table of 64 TiB in blocks of 1 MiB is 512 MiB; that of an ordinary system
// disk is 32 KiB.  Memory goes to what isn't zero, so that a file of a few MiB
// can't ask for more than it has.
Done Bat::read_pages(const BlockDevice& file) {
  // A region is whole MiB, so the last page is within it.
  pages_.resize(checked::div_up(entry_count_, kEntriesPerPage));
  std::uint64_t size = pages_.size() * kPageSize;
  ByteVector buffer(std::min(size, kReadSize));
  for (std::uint64_t at = 0; at < size;) {
    Extent extent = TRY(file.extent(table_offset_ + at));
    if (extent.zero && extent.length >= kPageSize) {
      at += extent.length / kPageSize * kPageSize;
      continue;
    }
    MutableBytes part = MutableBytes(buffer).first(std::min(kReadSize, size - at));
    TRY(file.read(table_offset_ + at, part));
    for (; !part.empty(); part = part.subspan(kPageSize), at += kPageSize) {
      Bytes page = part.first(kPageSize);
      if (!is_zero(page))
        pages_[at / kPageSize] = std::make_unique<Page>(*drydock::load<Page>(page));
    }
  }
  return {};
}

Done Bat::check_places(Places places, const std::vector<Region>& others,
                       std::uint64_t file_size) {
  auto overlap = find_overlap(places.present, block_size());
  if (!overlap) overlap = find_overlap(places.present, block_size(), others);
  if (overlap) {
    return Error(Errc::corrupt,
                 fmt::format("the block at {:#x} in the file overlaps with another or "
                             "with a region",
                             *overlap));
  }
  if (!places.kept.empty()) {
    // The paper lets these point at what once was theirs, and reading has no
    // use for them: if any is wrong, all are left alone.
    std::vector<std::uint64_t> all = places.present;
    all.insert(all.end(), places.kept.begin(), places.kept.end());
    std::ranges::sort(all);
    kept_spaces_usable_ = !find_overlap(all, block_size()) &&
                          !find_overlap(all, block_size(), others) &&
                          all.front() >= kHeaderSectionSize &&
                          checked::within(all.back(), block_size(), file_size);
    if (kept_spaces_usable_) places.present = std::move(all);
  }
  if (!places.present.empty()) structures_end_ = places.present.back() + block_size();
  for (const Region& other : others) {
    structures_end_ = std::max(structures_end_, other.offset + other.length);
  }
  return {};
}

Result<Bat::Places> Bat::collect_places(std::uint64_t file_size) const {
  Places places;
  for (std::uint64_t page = 0; page < pages_.size(); ++page) {
    if (!pages_[page]) continue;
    std::uint64_t first = page * kEntriesPerPage;
    std::uint64_t count = std::min(kEntriesPerPage, entry_count_ - first);
    for (std::uint64_t i = 0; i < count; ++i) {
      TRY(collect_place(first + i, (*pages_[page])[i], file_size, places));
    }
  }
  if (!std::ranges::is_sorted(places.present)) std::ranges::sort(places.present);
  return places;
}

Done Bat::collect_place(std::uint64_t index, std::uint64_t value,
                        std::uint64_t file_size, Places& places) const {
  std::uint64_t stride = (std::uint64_t{1} << chunk_shift_) + 1;
  BlockState state = state_of(value);
  if (index % stride == stride - 1) {
    if (state == BlockState::not_present) return {};
    return Error(Errc::corrupt,
                 fmt::format("entry {} has a sector bitmap, which only a differencing "
                             "file has",
                             index));
  }
  std::uint64_t block = index - index / stride;
  std::uint64_t offset = value & kBatOffsetMask;
  // Of the last block, only what the disk has of it must be in the file.
  std::uint64_t used = std::min(block_size(), virtual_size_ - (block << block_shift_));
  switch (state) {
    case BlockState::not_present:
    case BlockState::zero:
      return {};  // The offset is reserved.
    case BlockState::undefined:
    case BlockState::unmapped:
    case BlockState::unmapped_v095:
      if (offset != 0) places.kept.push_back(offset);
      return {};
    case BlockState::fully_present:
      if (offset < kHeaderSectionSize || !checked::within(offset, used, file_size)) {
        return Error(
            Errc::corrupt,
            fmt::format("block {} is at {:#x}, and the file has the bytes from "
                        "{:#x} to {:#x} for blocks",
                        block, offset, kHeaderSectionSize, file_size));
      }
      places.present.push_back(offset);
      return {};
    case BlockState::partially_present:
    case BlockState::reserved4:
      break;
  }
  return Error(Errc::corrupt,
               fmt::format("block {} has the state {}, which none can have here", block,
                           value & kBatStateMask));
}

Bat::Run Bat::run(std::uint64_t offset, std::uint64_t length_max) const {
  std::uint64_t block = offset >> block_shift_;
  std::uint64_t within = offset & (block_size() - 1);
  std::uint64_t first = entry(block);
  Run run{.length = block_size() - within, .file_offset = {}};
  if (is_present(first)) run.file_offset = (first & kBatOffsetMask) + within;
  while (run.length < length_max && ++block < block_count_) {
    std::uint64_t next = entry(block);
    if (is_present(next) != is_present(first)) break;
    if (run.file_offset && (next & kBatOffsetMask) != *run.file_offset + run.length) {
      break;
    }
    run.length += block_size();
  }
  run.length = std::min(run.length, length_max);
  return run;
}

std::optional<std::uint64_t> Bat::kept_space(std::uint64_t block) const {
  std::uint64_t value = entry(block);
  std::uint64_t offset = value & kBatOffsetMask;
  BlockState state = state_of(value);
  bool keeps = state == BlockState::undefined || state == BlockState::unmapped ||
               state == BlockState::unmapped_v095;
  if (!keeps || offset == 0 || !kept_spaces_usable_) return std::nullopt;
  return offset;
}

void Bat::place(std::uint64_t block, std::uint64_t file_offset) {
  std::size_t index = index_of(block);
  std::size_t number = index / kEntriesPerPage;
  if (!pages_[number]) pages_[number] = std::make_unique<Page>();
  (*pages_[number])[index % kEntriesPerPage] =
      file_offset | static_cast<std::uint64_t>(BlockState::fully_present);
  changed_pages_.insert(number);
  structures_end_ = std::max(structures_end_, file_offset + block_size());
}

std::uint64_t Bat::page_offset(std::uint64_t page) const {
  return table_offset_ + page * kPageSize;
}

Bytes Bat::page_bytes(std::uint64_t page) const {
  return std::as_bytes(std::span(*pages_[page]));
}

}  // namespace drydock::vhdx
