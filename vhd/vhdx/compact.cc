#include "vhd/vhdx/compact.h"

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::vhdx {

namespace {

// How much is moved between two flushes.
constexpr std::uint64_t kBatchSize = 256 * kMiB;

constexpr std::uint64_t kCopySize = kMiB;

// What of [offset, offset + length) is in the file, as reads go.
Result<bool> is_zero_in(const BlockDevice& file, std::uint64_t offset,
                        std::uint64_t length) {
  ByteVector buffer(std::min(length, kCopySize));
  std::uint64_t end = std::min(offset + length, file.size());
  while (offset < end) {
    Extent extent = TRY(file.extent(offset));
    std::uint64_t part = std::min(extent.length, end - offset);
    if (!extent.zero) {
      part = std::min(part, kCopySize);
      MutableBytes bytes = MutableBytes(buffer).first(part);
      TRY(file.read(offset, bytes));
      if (!is_zero(bytes)) return false;
    }
    offset += part;
  }
  return true;
}

Done copy_within(BlockDevice& file, std::uint64_t from, std::uint64_t to,
                 std::uint64_t length) {
  TRY(file.zero(to, length));
  // The last block may be cut by the file's end.
  length = std::min(length, file.size() - from);
  for (std::uint64_t at = 0; at < length;) {
    Extent extent = TRY(file.extent(from + at));
    std::uint64_t part = std::min({extent.length, length - at, kCopySize});
    if (!extent.zero) {
      ByteVector bytes = TRY(read_bytes(file, from + at, part, kCopySize));
      TRY(file.write(to + at, bytes));
    }
    at += part;
  }
  return {};
}

class Compactor {
 public:
  Compactor(BlockDevice& file, Blocks& blocks, Writer& writer, const Progress& progress)
      : file_(file), blocks_(blocks), writer_(writer), progress_(progress) {}

  Result<Compaction> run() {
    compaction_.size_before = file_.size();
    TRY(writer_.begin(Writer::Change::structures));
    blocks_.bat.drop_kept_spaces();
    TRY(drop_zero_blocks());
    TRY(writer_.flush(blocks_));
    TRY(fill_holes());
    TRY(writer_.flush(blocks_));
    writer_.forget_space();
    TRY(cut_file(file_, blocks_));
    compaction_.size_after = file_.size();
    return compaction_;
  }

 private:
  // A block of zeros says so of itself, and so hides a parent's as before.
  Done drop_zero_blocks() {
    std::uint64_t block_size = blocks_.bat.block_size();
    for (const Bat::Occupant& occupant : blocks_.bat.occupants()) {
      TRY(advance(occupant.is_bitmap ? 0 : block_size));
      if (occupant.is_bitmap || occupant.state != BlockState::fully_present) continue;
      std::uint64_t used =
          std::min(block_size, blocks_.virtual_size - occupant.number * block_size);
      if (!TRY(is_zero_in(file_, occupant.offset, used))) continue;
      blocks_.bat.drop(occupant.number, BlockState::zero);
      ++compaction_.dropped_block_count;
    }
    return {};
  }

  // From the file's end on: whatever finds room further down goes there.  What it
  // leaves is above all that is still to be moved, so it isn't needed again.
  Done fill_holes() {
    std::vector<Bat::Occupant> occupants = blocks_.bat.occupants();
    std::ranges::sort(occupants, std::greater(), &Bat::Occupant::offset);
    Space space(blocks_.bat.taken(file_.size()), file_.size());
    std::uint64_t moved = 0;
    for (const Bat::Occupant& occupant : occupants) {
      std::uint64_t length =
          occupant.is_bitmap ? kBitmapSize : blocks_.bat.block_size();
      auto place = space.take(length, occupant.offset);
      if (!place) break;
      TRY(copy_within(file_, occupant.offset, *place, length));
      if (occupant.is_bitmap) {
        blocks_.bat.place_bitmap(occupant.number, *place);
      } else {
        blocks_.bat.place(occupant.number, occupant.state, *place);
        ++compaction_.moved_block_count;
      }
      moved += length;
      if (moved < kBatchSize) continue;
      // flush-justified: it bounds how much of the work a cut takes back
      TRY(writer_.flush(blocks_));
      TRY(advance(moved));
      moved = 0;
    }
    return {};
  }

  Done advance(std::uint64_t length) {
    done_ = std::min(done_ + length, compaction_.size_before);
    return progress_ ? progress_(done_, compaction_.size_before) : Done();
  }

  BlockDevice& file_;
  Blocks& blocks_;
  Writer& writer_;
  const Progress& progress_;
  Compaction compaction_;
  std::uint64_t done_ = 0;
};

}  // namespace

Result<Compaction> compact(BlockDevice& file, Blocks& blocks, Writer& writer,
                           const Progress& progress) {
  return Compactor(file, blocks, writer, progress).run();
}

Done cut_file(BlockDevice& file, Blocks& blocks) {
  std::uint64_t end = 0;
  for (const Region& taken : blocks.bat.taken(file.size())) {
    end = std::max(end, taken.offset + taken.length);
  }
  end = checked::div_up(end, kAlignment) * kAlignment;
  blocks.bat.set_structures_end(end);
  if (end >= file.size()) return {};
  TRY(file.resize(end));
  // flush-justified: a longer file is as good; but then the space is said to be back.
  return file.flush();
}

}  // namespace drydock::vhdx
