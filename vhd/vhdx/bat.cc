#include "vhd/vhdx/bat.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::vhdx {

namespace {

// How much of the table is read at once.
constexpr std::uint64_t kReadSize = kMiB;

void sort_by_offset(std::vector<Region>& stretches) {
  if (!std::ranges::is_sorted(stretches, {}, &Region::offset)) {
    std::ranges::sort(stretches, {}, &Region::offset);
  }
}

// Of ascending stretches, one that starts within the one before it.
std::optional<std::uint64_t> find_overlap(const std::vector<Region>& stretches) {
  for (std::size_t i = 1; i < stretches.size(); ++i) {
    const Region& before = stretches[i - 1];
    if (stretches[i].offset - before.offset < before.length) return stretches[i].offset;
  }
  return std::nullopt;
}

}  // namespace

// Where in the file everything is.
struct Bat::Places {
  std::vector<Region> present;  // blocks and bitmaps
  std::vector<Region> kept;     // of blocks that aren't present
};

Bat::Bat(std::shared_ptr<const BlockDevice> file, const Region& region,
         const Metadata& metadata, const std::vector<Region>& others)
    : file_(std::move(file)),
      file_size_(file_->size()),
      table_offset_(region.offset),
      virtual_size_(metadata.virtual_size),
      differencing_(metadata.has_parent),
      block_count_(checked::div_up(metadata.virtual_size, metadata.block_size)),
      block_shift_(std::countr_zero(metadata.block_size)),
      chunk_shift_(std::countr_zero(kSectorsPerBitmap * metadata.logical_sector_size) -
                   block_shift_),
      entry_count_(entry_count_for(metadata.virtual_size)),
      others_(others) {
  sort_by_offset(others_);
}

// An entry for a block of the sector bitmap follows those of each chunk, in
// every kind of file, so that a file can change its kind.  [MS-VHDX] 2.5
std::uint64_t Bat::index_of(std::uint64_t block) const {
  return block + chunk_of(block);
}

std::uint64_t Bat::bitmap_index_of(std::uint64_t chunk) const {
  return ((chunk + 1) << chunk_shift_) + chunk;
}

bool Bat::is_bitmap_index(std::uint64_t index) const {
  std::uint64_t stride = (std::uint64_t{1} << chunk_shift_) + 1;
  return index % stride == stride - 1;
}

// A differencing file has a bitmap's entry for its last chunk, too.  2.5
std::uint64_t Bat::entry_count_for(std::uint64_t virtual_size) const {
  std::uint64_t last = checked::div_up(virtual_size, block_size()) - 1;
  return 1 + (differencing_ ? bitmap_index_of(chunk_of(last)) : index_of(last));
}

std::uint64_t Bat::chunk_at(std::uint64_t index) const {
  return index / ((std::uint64_t{1} << chunk_shift_) + 1);
}

std::uint64_t Bat::entry(std::uint64_t index) const {
  assert(!cache_);
  const auto& page = pages_[index / kBatEntriesPerPage];
  if (!page) return 0;
  return (*page)[index % kBatEntriesPerPage];
}

Result<std::uint64_t> Bat::find_entry(std::uint64_t index) const {
  if (!cache_) return entry(index);
  if (auto value = cache_->find(index)) return *value;
  std::uint64_t number = index / kBatEntriesPerPage;
  BatPage page;
  MutableBytes bytes = std::as_writable_bytes(std::span(page));
  TRY(file_->read(page_offset(number), bytes).in("block allocation table"));
  TRY(check_page(number, page).in("block allocation table"));
  cache_->keep(number, page);
  return std::uint64_t{page[index % kBatEntriesPerPage]};
}

void Bat::set_entry(std::uint64_t index, std::uint64_t value) {
  std::uint64_t number = index / kBatEntriesPerPage;
  if (!pages_[number]) pages_[number] = std::make_unique<BatPage>();
  (*pages_[number])[index % kBatEntriesPerPage] = value;
  changed_pages_.insert(number);
}

Result<Bat> Bat::load(std::shared_ptr<const BlockDevice> file, const Region& region,
                      const Metadata& metadata, const std::vector<Region>& others,
                      BatOptions options) {
  Bat bat(std::move(file), region, metadata, others);
  if (bat.entry_count_ > region.length / sizeof(le64)) {
    return Error(Errc::corrupt,
                 fmt::format("{} entries don't fit into the region's {} bytes",
                             bat.entry_count_, region.length));
  }
  if (bat.entry_count_ * sizeof(le64) > options.whole_size_max) {
    bat.cache_ = std::make_unique<TableCache>();
    return bat;
  }
  TRY(bat.read_pages());
  TRY(bat.check_places(TRY(bat.collect_places())));
  bat.file_.reset();
  return bat;
}

// The table of 64 TiB in blocks of 1 MiB is 512 MiB; that of an ordinary system
// disk is 32 KiB.  Memory goes to what isn't zero, so that a file of a few MiB
// can't ask for more than it has.
Done Bat::read_pages() {
  // A region is whole MiB, so the last page is within it.
  pages_.resize(checked::div_up(entry_count_, kBatEntriesPerPage));
  std::uint64_t size = pages_.size() * kPageSize;
  ByteVector buffer(std::min(size, kReadSize));
  for (std::uint64_t at = 0; at < size;) {
    Extent extent = TRY(file_->extent(table_offset_ + at));
    if (extent.zero && extent.length >= kPageSize) {
      at += extent.length / kPageSize * kPageSize;
      continue;
    }
    MutableBytes part = MutableBytes(buffer).first(std::min(kReadSize, size - at));
    TRY(file_->read(table_offset_ + at, part));
    for (; !part.empty(); part = part.subspan(kPageSize), at += kPageSize) {
      Bytes page = part.first(kPageSize);
      if (!is_zero(page))
        pages_[at / kPageSize] =
            std::make_unique<BatPage>(*drydock::load<BatPage>(page));
    }
  }
  return {};
}

template <class Function>
Done Bat::for_each_entry(Function function) const {
  for (std::uint64_t page = 0; page < pages_.size(); ++page) {
    if (!pages_[page]) continue;
    std::uint64_t first = page * kBatEntriesPerPage;
    std::uint64_t count = std::min(kBatEntriesPerPage, entry_count_ - first);
    for (std::uint64_t i = 0; i < count; ++i) {
      TRY(function(first + i, std::uint64_t{(*pages_[page])[i]}));
    }
  }
  return {};
}

Result<Bat::Places> Bat::collect_places() const {
  Places places;
  TRY(for_each_entry([&](std::uint64_t index, std::uint64_t value) -> Done {
    if (Stretch stretch = TRY(check_entry(index, value))) {
      places.present.push_back(*stretch);
      if (source_of(value) != Source::mixed) return {};
      return check_has_bitmap(index - chunk_at(index),
                              bitmap_place_of(chunk_at(index)));
    }
    std::uint64_t offset = value & kBatOffsetMask;
    bool is_block = !is_bitmap_index(index) && index - chunk_at(index) < block_count_;
    if (is_block && may_keep_space(state_of(value)) && offset != 0) {
      places.kept.push_back({.id = {}, .offset = offset, .length = block_size()});
    }
    return {};
  }));
  return places;
}

Done Bat::check_places(Places places) {
  places.present.insert(places.present.end(), others_.begin(), others_.end());
  sort_by_offset(places.present);
  if (auto overlap = find_overlap(places.present)) {
    return Error(Errc::corrupt,
                 fmt::format("what is at {:#x} in the file overlaps with a block or a "
                             "region before it",
                             *overlap));
  }
  for (const Region& place : places.present) {
    structures_end_ = std::max(structures_end_, place.offset + place.length);
  }
  if (places.kept.empty()) return {};
  // The paper lets these point at what once was theirs, and reading has no use for
  // them: if any is wrong, all are left alone.
  bool inside = std::ranges::all_of(places.kept, [&](const Region& kept) {
    return kept.offset >= kHeaderSectionSize &&
           checked::within(kept.offset, kept.length, file_size_);
  });
  places.present.insert(places.present.end(), places.kept.begin(), places.kept.end());
  sort_by_offset(places.present);
  kept_spaces_usable_ = inside && !find_overlap(places.present);
  if (!kept_spaces_usable_) return {};
  const Region& last = places.present.back();
  structures_end_ = std::max(structures_end_, last.offset + last.length);
  return {};
}

// What a file without a parent doesn't have reads as zeros.  UNDEFINED and
// UNMAPPED may show anything; never the parent's.  2.5.1.1
Source Bat::source_of(std::uint64_t entry) const {
  switch (state_of(entry)) {
    case BlockState::fully_present:
      return Source::file;
    case BlockState::partially_present:
      return Source::mixed;
    case BlockState::not_present:
      return differencing_ ? Source::parent : Source::zeros;
    default:
      return Source::zeros;
  }
}

Result<Bat::Run> Bat::run(std::uint64_t offset, std::uint64_t length_max) const {
  std::uint64_t block = offset >> block_shift_;
  std::uint64_t within = offset & (block_size() - 1);
  std::uint64_t first = TRY(find_entry(index_of(block)));
  Run run{.length = block_size() - within,
          .source = source_of(first),
          .file_offset = (first & kBatOffsetMask) + within};
  if (run.source == Source::mixed && cache_) {
    TRY(check_has_bitmap(block, TRY(find_bitmap(chunk_of(block)))));
  }
  while (run.length < length_max && run.source != Source::mixed &&
         ++block < block_count_) {
    std::uint64_t next = TRY(find_entry(index_of(block)));
    if (source_of(next) != run.source) break;
    if (run.source == Source::file &&
        (next & kBatOffsetMask) != run.file_offset + run.length) {
      break;
    }
    run.length += block_size();
  }
  run.length = std::min(run.length, length_max);
  return run;
}

std::optional<std::uint64_t> Bat::place_of(std::uint64_t block) const {
  std::uint64_t value = entry(index_of(block));
  Source source = source_of(value);
  if (source != Source::file && source != Source::mixed) return std::nullopt;
  return value & kBatOffsetMask;
}

std::optional<std::uint64_t> Bat::bitmap_place_in(std::uint64_t entry) const {
  if (!differencing_ || state_of(entry) != BlockState::fully_present) {
    return std::nullopt;
  }
  return entry & kBatOffsetMask;
}

Result<std::optional<std::uint64_t>> Bat::find_bitmap(std::uint64_t chunk) const {
  if (!differencing_) return std::optional<std::uint64_t>();
  return bitmap_place_in(TRY(find_entry(bitmap_index_of(chunk))));
}

std::optional<std::uint64_t> Bat::bitmap_place_of(std::uint64_t chunk) const {
  return differencing_ ? bitmap_place_in(entry(bitmap_index_of(chunk))) : std::nullopt;
}

std::optional<std::uint64_t> Bat::kept_space(std::uint64_t block) const {
  std::uint64_t value = entry(index_of(block));
  std::uint64_t offset = value & kBatOffsetMask;
  if (!may_keep_space(state_of(value)) || offset == 0 || !kept_spaces_usable_) {
    return std::nullopt;
  }
  return offset;
}

void Bat::place(std::uint64_t block, BlockState state, std::uint64_t file_offset) {
  set_entry(index_of(block), file_offset | static_cast<std::uint64_t>(state));
  structures_end_ = std::max(structures_end_, file_offset + block_size());
}

void Bat::place_bitmap(std::uint64_t chunk, std::uint64_t file_offset) {
  set_entry(bitmap_index_of(chunk),
            file_offset | static_cast<std::uint64_t>(BlockState::fully_present));
  structures_end_ = std::max(structures_end_, file_offset + kBitmapSize);
}

void Bat::drop(std::uint64_t block, BlockState state) {
  set_entry(index_of(block), static_cast<std::uint64_t>(state));
}

void Bat::drop_from(std::uint64_t first_block) {
  std::vector<std::uint64_t> dropped;
  static_cast<void>(for_each_entry([&](std::uint64_t index, std::uint64_t value) {
    std::uint64_t chunk = chunk_at(index);
    bool past = is_bitmap_index(index) ? (chunk << chunk_shift_) >= first_block
                                       : index - chunk >= first_block;
    if (past && value != 0) dropped.push_back(index);
    return Done();
  }));
  for (std::uint64_t index : dropped) set_entry(index, 0);
}

void Bat::drop_kept_spaces() {
  std::vector<std::uint64_t> dropped;
  static_cast<void>(for_each_entry([&](std::uint64_t index, std::uint64_t value) {
    bool keeps = may_keep_space(state_of(value)) && (value & kBatOffsetMask) != 0;
    if (keeps && !is_bitmap_index(index)) dropped.push_back(index);
    return Done();
  }));
  for (std::uint64_t index : dropped) {
    set_entry(index, static_cast<std::uint64_t>(BlockState::zero));
  }
}

std::vector<Bat::Occupant> Bat::occupants() const {
  std::vector<Occupant> occupants;
  static_cast<void>(for_each_entry([&](std::uint64_t index, std::uint64_t value) {
    BlockState state = state_of(value);
    bool there =
        state == BlockState::fully_present || state == BlockState::partially_present;
    std::uint64_t chunk = chunk_at(index);
    bool is_bitmap = is_bitmap_index(index);
    if (there && (is_bitmap || index - chunk < block_count_)) {
      occupants.push_back({.offset = value & kBatOffsetMask,
                           .number = is_bitmap ? chunk : index - chunk,
                           .is_bitmap = is_bitmap,
                           .state = state});
    }
    return Done();
  }));
  return occupants;
}

std::vector<Region> Bat::taken(std::uint64_t file_size) const {
  std::vector<Region> taken = others_;
  static_cast<void>(for_each_entry([&](std::uint64_t index, std::uint64_t value) {
    std::uint64_t offset = value & kBatOffsetMask;
    BlockState state = state_of(value);
    bool there = state == BlockState::fully_present ||
                 state == BlockState::partially_present || may_keep_space(state);
    if (there && offset != 0 && offset < file_size) {
      std::uint64_t length = is_bitmap_index(index) ? kBitmapSize : block_size();
      taken.push_back({.id = {}, .offset = offset, .length = length});
    }
    return Done();
  }));
  sort_by_offset(taken);
  return taken;
}

std::uint64_t Bat::page_offset(std::uint64_t page) const {
  return table_offset_ + page * kPageSize;
}

Bytes Bat::page_bytes(std::uint64_t page) const {
  return std::as_bytes(std::span(*pages_[page]));
}

}  // namespace drydock::vhdx
