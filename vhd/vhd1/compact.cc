// How a dynamic or differencing file becomes short.

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/parent.h"
#include "vhd/vhd1/writer.h"

namespace drydock::vhd1 {

namespace {

// How much is read at once.
constexpr std::uint64_t kPieceSize = 1 << 20;

}  // namespace

Result<Compaction> Writer::compact(const Progress& progress) {
  TRY(check_usable());
  Compaction result{.size_before = file_->size()};
  TRY(drop_needless(progress, result));
  TRY(flush());
  TRY(at_once([&]() -> Done {
    TRY(move_down(result));
    TRY(flush_through());
    return cut_end();
  }));
  result.size_after = file_->size();
  return result;
}

Done Writer::drop_needless(const Progress& progress, Compaction& result) {
  std::uint64_t count = blocks_->table().block_count();
  std::uint64_t block_size = shape().block_size;
  for (std::uint64_t block = 0; block < count; ++block) {
    if (!blocks_->table().place(block)) continue;
    if (progress) TRY(progress(block * block_size, count * block_size));
    if (!TRY(is_needless(block))) continue;
    drop(block);
    ++result.dropped_block_count;
  }
  if (progress) TRY(progress(count * block_size, count * block_size));
  return {};
}

// Whether the disk would show the same without this block.
Result<bool> Writer::is_needless(std::uint64_t block) const {
  std::uint64_t offset = block * shape().block_size;
  std::uint64_t end = std::min(offset + shape().block_size, container_->virtual_size);
  ByteVector here(std::min(kPieceSize, end - offset));
  ByteVector below(here.size());
  while (offset < end) {
    Blocks::Run run =
        TRY(blocks_->run(offset, std::min<std::uint64_t>(here.size(), end - offset)));
    if (run.file_offset) {
      MutableBytes ours = MutableBytes(here).first(run.length);
      MutableBytes others = MutableBytes(below).first(run.length);
      TRY(file_->read(*run.file_offset, ours));
      if (parent_ != nullptr) TRY(read_parent(*parent_, offset, others).in("parent"));
      if (!std::ranges::equal(ours, others)) return false;
    }
    offset += run.length;
  }
  return true;
}

// The last blocks into the first places where there is room.  Nothing moves back up:
// a place that the flush frees lies behind all that was taken.
Done Writer::move_down(Compaction& result) {
  find_space();
  std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks;  // place, number
  for (std::uint64_t block = 0; block < blocks_->table().block_count(); ++block) {
    if (auto place = blocks_->table().place(block)) blocks.emplace_back(*place, block);
  }
  std::ranges::sort(blocks, std::greater());
  for (auto [from, block] : blocks) {
    auto place = space_->take();
    if (!place) break;
    if (*place > from) {
      space_->give(*place);
      break;
    }
    TRY(move_block(block, *place));
    ++result.moved_block_count;
    if (much_changed()) TRY(flush_through());
  }
  return {};
}

// What is written is unseen until the next flush.
Done Writer::move_block(std::uint64_t block, std::uint64_t place) {
  std::uint64_t from = *blocks_->table().place(block) + shape().bitmap_size;
  std::uint64_t used = std::min(shape().block_size,
                                container_->virtual_size - block * shape().block_size);
  std::uint64_t to = place + shape().bitmap_size;
  ByteVector buffer(std::min(kPieceSize, used));
  for (std::uint64_t at = 0; at < used; at += buffer.size()) {
    MutableBytes part =
        MutableBytes(buffer).first(std::min<std::uint64_t>(buffer.size(), used - at));
    TRY(file_->read(from + at, part));
    TRY(file_->write(to + at, part));
  }
  blocks_->put(block, place, TRY(blocks_->bitmap(block)));
  return {};
}

// The footer goes where nothing follows any more, and the rest of the file goes.
Done Writer::cut_end() {
  std::uint64_t place = best_footer_place(structures_end());
  if (place + kFooterSize <= tail_) {
    TRY(put_tail(place));
    TRY(file_->flush());
    TRY(file_->resize(place + kFooterSize));
    safe_tail_ = tail_;
  }
  last_block_end_ = structures_end();
  find_space();
  return {};
}

}  // namespace drydock::vhd1
