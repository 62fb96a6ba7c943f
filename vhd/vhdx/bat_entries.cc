// What an entry of the table may say, and a page of them.

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/vhdx/bat.h"

namespace drydock::vhdx {

// What a page can say of itself: that two blocks don't share a place it can't.
Done Bat::check_page(std::uint64_t number, const BatPage& page) const {
  std::uint64_t first = number * kBatEntriesPerPage;
  std::uint64_t count = std::min(kBatEntriesPerPage, entry_count_ - first);
  for (std::uint64_t i = 0; i < count; ++i) {
    Stretch stretch = TRY(check_entry(first + i, page[i]));
    if (!stretch) continue;
    auto other = std::ranges::partition_point(others_, [&](const Region& region) {
      return region.offset + region.length <= stretch->offset;
    });
    if (other == others_.end() || other->offset >= stretch->offset + stretch->length) {
      continue;
    }
    return Error(
        Errc::corrupt,
        fmt::format("entry {} has {:#x}, which is where a region or the log is",
                    first + i, stretch->offset));
  }
  return {};
}

Result<Bat::Stretch> Bat::check_entry(std::uint64_t index, std::uint64_t value) const {
  if (is_bitmap_index(index)) return check_bitmap(index, value);
  return check_block(index - chunk_at(index), value);
}

Result<Bat::Stretch> Bat::check_bitmap(std::uint64_t index, std::uint64_t value) const {
  BlockState state = state_of(value);
  if (state == BlockState::not_present) return Stretch();
  if (!differencing_) {
    return Error(Errc::corrupt,
                 fmt::format("entry {} has a sector bitmap, which only a differencing "
                             "file has",
                             index));
  }
  std::uint64_t offset = value & kBatOffsetMask;
  if (state != BlockState::fully_present || offset < kHeaderSectionSize ||
      !checked::within(offset, kBitmapSize, file_size_)) {
    return Error(
        Errc::corrupt,
        fmt::format("the sector bitmap of entry {} has the state {}, and is at "
                    "{:#x} of the file's {} bytes",
                    index, value & kBatStateMask, offset, file_size_));
  }
  return Stretch(Region{.id = {}, .offset = offset, .length = kBitmapSize});
}

Result<Bat::Stretch> Bat::check_block(std::uint64_t block, std::uint64_t value) const {
  // A bitmap's entry closes a chunk that may be only begun.
  if (block >= block_count_) return Stretch();
  BlockState state = state_of(value);
  if (state == BlockState::not_present || state == BlockState::zero ||
      may_keep_space(state)) {
    return Stretch();
  }
  bool partial = state == BlockState::partially_present && differencing_;
  if (state != BlockState::fully_present && !partial) {
    return Error(Errc::corrupt,
                 fmt::format("block {} has the state {}, which none can have here",
                             block, value & kBatStateMask));
  }
  // Of the last block, only what the disk has of it must be in the file.
  std::uint64_t used = std::min(block_size(), virtual_size_ - (block << block_shift_));
  std::uint64_t offset = value & kBatOffsetMask;
  if (offset < kHeaderSectionSize || !checked::within(offset, used, file_size_)) {
    return Error(Errc::corrupt,
                 fmt::format("block {} is at {:#x}, and the file has the bytes from "
                             "{:#x} to {:#x} for blocks",
                             block, offset, kHeaderSectionSize, file_size_));
  }
  return Stretch(Region{.id = {}, .offset = offset, .length = block_size()});
}

Done Bat::check_has_bitmap(std::uint64_t block, std::optional<std::uint64_t> bitmap) {
  if (bitmap) return {};
  return Error(
      Errc::corrupt,
      fmt::format("block {} is here in part, and no sector bitmap says which part",
                  block));
}

}  // namespace drydock::vhdx
