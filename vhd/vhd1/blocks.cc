#include "vhd/vhd1/blocks.h"

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::vhd1 {

namespace {

// How many blocks one run goes over, at the most: a caller who asks often doesn't
// pay for the whole of an empty disk each time.
constexpr std::uint64_t kRunBlockCountMax = 16384;

}  // namespace

Blocks::Blocks(DevicePtr file, Table table)
    : file_(std::move(file)), table_(std::move(table)), cache_(table_.bitmap_size()) {}

Result<Blocks> Blocks::load(DevicePtr file, const Container& container) {
  Table table = TRY(Table::load(*file, container).in("block allocation table"));
  return Blocks(std::move(file), std::move(table));
}

Result<Blocks::Run> Blocks::run(std::uint64_t offset, std::uint64_t length_max) const {
  std::uint64_t block_size = table_.block_size();
  std::uint64_t block = offset / block_size;
  std::uint64_t within = offset % block_size;
  auto place = table_.place(block);
  if (!place) {
    std::uint64_t end = std::min(block + kRunBlockCountMax, table_.block_count());
    std::uint64_t length = block_size - within;
    while (length < length_max && ++block < end && !table_.place(block)) {
      length += block_size;
    }
    return Run{.length = std::min(length, length_max), .file_offset = {}};
  }
  Bitmap kept;
  auto changed = changed_bitmaps_.find(block);
  if (changed == changed_bitmaps_.end()) {
    kept = TRY(cache_.read(*file_, *place).in("sector bitmap"));
  }
  Bytes bits_here = kept ? Bytes(*kept) : Bytes(changed->second);
  std::uint64_t first = within / kSectorSize;
  std::uint64_t end_max = std::min(length_max, block_size - within);
  std::uint64_t end = checked::div_up(within + end_max, kSectorSize);
  BitRun bits = run_of_bits(bits_here, first, end);
  Run run{.length = std::min(end_max, (first + bits.length) * kSectorSize - within),
          .file_offset = {}};
  if (bits.set) run.file_offset = *place + table_.bitmap_size() + within;
  return run;
}

Result<ByteVector> Blocks::bitmap(std::uint64_t block) const {
  auto changed = changed_bitmaps_.find(block);
  if (changed != changed_bitmaps_.end()) return changed->second;
  return *TRY(cache_.read(*file_, *table_.place(block)).in("sector bitmap"));
}

void Blocks::put(std::uint64_t block, std::uint64_t place, ByteVector bitmap) {
  table_.set_place(block, place);
  changed_bitmaps_[block] = std::move(bitmap);
}

void Blocks::drop(std::uint64_t block) {
  table_.set_place(block, std::nullopt);
  changed_bitmaps_.erase(block);
}

Done Blocks::mark(std::uint64_t block, std::uint64_t first_sector,
                  std::uint64_t end_sector) {
  auto changed = changed_bitmaps_.find(block);
  if (changed == changed_bitmaps_.end()) {
    changed = changed_bitmaps_.emplace(block, TRY(bitmap(block))).first;
  }
  set_bits(changed->second, first_sector, end_sector);
  return {};
}

void Blocks::forget_changes() {
  for (const auto& [block, place] : table_.changes()) {
    if (place) cache_.forget(*place);
  }
  for (const auto& [block, bitmap] : changed_bitmaps_) {
    cache_.forget(*table_.place(block));
  }
  table_.forget_changes();
  changed_bitmaps_.clear();
}

}  // namespace drydock::vhd1
