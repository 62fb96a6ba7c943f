#include "vhd/vhdx/check_bat.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::vhdx {

namespace {

constexpr std::uint64_t kPieceSize = kMiB;

// Bits 3 to 19 of an entry.  [MS-VHDX] 2.5.1
constexpr std::uint64_t kBatReservedMask = kBatOffsetMask ^ ~kBatStateMask;

class BatCheck {
 public:
  BatCheck(const Container& container, std::vector<Problem>& problems)
      : container_(container),
        metadata_(container.metadata),
        problems_(problems),
        chunk_ratio_(kSectorsPerBitmap * metadata_.logical_sector_size /
                     metadata_.block_size),
        block_count_(checked::div_up(metadata_.virtual_size, metadata_.block_size)),
        file_size_(container.view->size()) {
    std::uint64_t chunks = checked::div_up(block_count_, chunk_ratio_);
    entry_count_ = metadata_.has_parent
                       ? chunks * (chunk_ratio_ + 1)
                       : block_count_ + (block_count_ - 1) / chunk_ratio_;
    has_bitmap_.resize(chunks);
  }

  Done go() {
    if (container_.regions.bat.length / sizeof(le64) < entry_count_) {
      add(Severity::error, "block allocation table",
          fmt::format("its {} bytes have no room for {} entries",
                      container_.regions.bat.length, entry_count_));
      return {};
    }
    // Bitmaps first: blocks that need one ask for it.
    TRY(for_each_entry([this](std::uint64_t index, std::uint64_t value) {
      if (is_bitmap(index)) check_bitmap(index, value);
    }));
    TRY(for_each_entry([this](std::uint64_t index, std::uint64_t value) {
      if (!is_bitmap(index)) check_block(index, value);
    }));
    if (missing_count_ != 0) {
      add(Severity::warning, "block allocation table",
          fmt::format("{} blocks of a fixed file aren't there", missing_count_));
    }
    check_space();
    return {};
  }

 private:
  // A stretch of the file, in MiB, which keeps the largest table to 16 bytes an entry.
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint64_t index = 0;  // of the entry; past the last: a region or the log
  };

  void add(Severity severity, std::string where, std::string what) {
    if (problems_.size() >= kProblemCountMax) return;
    problems_.push_back({.what = std::move(what),
                         .where = std::move(where),
                         .severity = severity,
                         .repairable = false});
  }
  bool is_bitmap(std::uint64_t index) const {
    return index % (chunk_ratio_ + 1) == chunk_ratio_;
  }
  std::uint64_t block_of(std::uint64_t index) const {
    return index - index / (chunk_ratio_ + 1);
  }
  std::string name(std::uint64_t index) const {
    if (index >= entry_count_) return "a region, or the log";
    std::uint64_t at = container_.regions.bat.offset + index * sizeof(le64);
    return is_bitmap(index)
               ? fmt::format("entry of bitmap {} at {:#x}", index / (chunk_ratio_ + 1),
                             at)
               : fmt::format("entry of block {} at {:#x}", block_of(index), at);
  }

  // Those that aren't zero, and of a fixed file all.
  template <class Look>
  Done for_each_entry(Look look) {
    const Region& region = container_.regions.bat;
    std::uint64_t length = entry_count_ * sizeof(le64);
    ByteVector piece(kPieceSize);
    for (std::uint64_t at = 0; at < length;) {
      Extent extent = TRY(container_.view->extent(region.offset + at));
      std::uint64_t count = std::min({extent.length, kPieceSize, length - at});
      count =
          std::max<std::uint64_t>(count / sizeof(le64) * sizeof(le64), sizeof(le64));
      if (extent.zero && !metadata_.leave_blocks_allocated) {
        at += std::min(extent.length, length - at) / sizeof(le64) * sizeof(le64);
        continue;
      }
      MutableBytes bytes = MutableBytes(piece).first(count);
      TRY(container_.view->read(region.offset + at, bytes));
      for (std::uint64_t i = 0; i < count; i += sizeof(le64)) {
        look((at + i) / sizeof(le64), *load<le64>(bytes, i));
      }
      at += count;
    }
    return {};
  }

  void check_reserved(std::uint64_t index, std::uint64_t value) {
    if ((value & kBatReservedMask) == 0) return;
    add(Severity::warning, name(index),
        fmt::format("its reserved bits are {:#x}", value & kBatReservedMask));
  }

  void check_bitmap(std::uint64_t index, std::uint64_t value) {
    check_reserved(index, value);
    std::uint64_t state = value & kBatStateMask;
    if (state == 0) return;
    if (!metadata_.has_parent ||
        BlockState{static_cast<std::uint8_t>(state)} != BlockState::fully_present) {
      add(Severity::error, name(index),
          fmt::format("state {} is none that it can have here", state));
      return;
    }
    has_bitmap_[index / (chunk_ratio_ + 1)] = true;
    add_place(index, value & kBatOffsetMask, kMiB);
  }

  void check_block(std::uint64_t index, std::uint64_t value) {
    check_reserved(index, value);
    std::uint64_t offset = value & kBatOffsetMask;
    bool beyond = block_of(index) >= block_count_;
    switch (BlockState{static_cast<std::uint8_t>(value & kBatStateMask)}) {
      case BlockState::not_present:
      case BlockState::zero:
        missing_count_ += metadata_.leave_blocks_allocated && !metadata_.has_parent;
        if (offset != 0) {
          add(Severity::warning, name(index),
              fmt::format("a block that isn't there has the place {:#x}", offset));
        }
        return;
      case BlockState::undefined:
      case BlockState::unmapped:
      case BlockState::unmapped_v095:
        // What it may keep is its own, and nobody reads it.
        kept_count_ += offset != 0 ? metadata_.block_size / kMiB : 0;
        return;
      case BlockState::reserved4:
        add(Severity::error, name(index), "state 4 is none of the format's");
        return;
      case BlockState::partially_present:
        if (!metadata_.has_parent) {
          add(Severity::error, name(index), "partly there, in a file without a parent");
          return;
        }
        if (!has_bitmap_[index / (chunk_ratio_ + 1)]) {
          add(Severity::error, name(index),
              "partly there, and no sector bitmap says which part");
        }
        break;
      case BlockState::fully_present:
        break;
    }
    if (beyond) add(Severity::error, name(index), "a block past the disk's end");
    add_place(index, offset, metadata_.block_size);
  }

  void add_place(std::uint64_t index, std::uint64_t offset, std::uint64_t length) {
    if (offset < kHeaderSectionSize || !checked::within(offset, length, file_size_)) {
      add(Severity::error, name(index),
          fmt::format("its {} bytes at {:#x} aren't between the headers and the file's "
                      "end at {:#x}",
                      length, offset, file_size_));
      return;
    }
    places_.push_back({.begin = static_cast<std::uint32_t>(offset / kMiB),
                       .end = static_cast<std::uint32_t>((offset + length) / kMiB),
                       .index = index});
  }

  // What overlaps, and what belongs to nobody.
  void check_space() {
    std::vector<Region> others = container_.regions.all;
    const Header& header = container_.headers.current();
    others.push_back(
        {.id = {}, .offset = header.log_offset, .length = header.log_length});
    for (const Region& region : others) {
      add_place(entry_count_, region.offset, region.length);
    }
    std::ranges::sort(places_, {}, &Place::begin);
    std::uint64_t free_count = 0;
    const Place first{
        .begin = 0, .end = kHeaderSectionSize / kMiB, .index = entry_count_};
    const Place* last = &first;  // the one that reaches furthest
    for (const Place& place : places_) {
      if (place.begin < last->end) {
        add(Severity::error, name(place.index),
            fmt::format("at {:#x} it overlaps with {}", place.begin * kMiB,
                        name(last->index)));
      }
      free_count += place.begin > last->end ? place.begin - last->end : 0;
      if (place.end > last->end) last = &place;
    }
    std::uint64_t file_end = file_size_ / kMiB;
    free_count += file_end > last->end ? file_end - last->end : 0;
    free_count -= std::min(free_count, kept_count_);
    if (free_count == 0) return;
    add(Severity::warning, "file",
        fmt::format("{} MiB of it belong to no block; compacting gives them back",
                    free_count));
  }

  const Container& container_;
  const Metadata& metadata_;
  std::vector<Problem>& problems_;
  std::uint64_t chunk_ratio_;
  std::uint64_t block_count_;
  std::uint64_t entry_count_ = 0;
  std::uint64_t file_size_;
  std::vector<bool> has_bitmap_;
  std::vector<Place> places_;
  std::uint64_t missing_count_ = 0;
  std::uint64_t kept_count_ = 0;  // MiB
};

}  // namespace

Done check_bat(const Container& container, std::vector<Problem>& problems) {
  return BatCheck(container, problems).go();
}

}  // namespace drydock::vhdx
