#include "vhd/vhd1/writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/parent.h"

namespace drydock::vhd1 {

namespace {

// The places that a table's entry has room for, but for the one that means none.
constexpr std::uint64_t kPlaceMax = (std::uint64_t{kNoBlock} - 1) * kSectorSize;

// Bitmaps and entries that are kept for the next flush.
constexpr std::uint64_t kChangesSizeMax = 16 << 20;

// A table's entries that share a sector reach the disk together.
constexpr std::uint64_t kEntriesPerSector = kSectorSize / sizeof(be32);

// The range, with what of its sectors lies before and after it.
Range whole_sectors(std::uint64_t offset, std::uint64_t length) {
  return {.begin = offset / kSectorSize * kSectorSize,
          .end = checked::div_up(offset + length, kSectorSize) * kSectorSize};
}

}  // namespace

Writer::Writer(BlockDevice& file, Container& container, Blocks& blocks,
               const Image* parent)
    : file_(&file),
      container_(&container),
      blocks_(&blocks),
      parent_(parent),
      safe_tail_(container.footers.tail_offset),
      tail_(safe_tail_) {}

Done Writer::begin() {
  const Header& header = *container_->header;
  if (header.offset % kSectorSize != 0 || header.table_offset() % kSectorSize != 0) {
    return Error(
        Errc::unsupported,
        fmt::format("the header at {} or the table at {} doesn't begin at a "
                    "sector, and a power cut could tear what is written to it; "
                    "convert the image",
                    header.offset, header.table_offset()));
  }
  const Footers& found = container_->footers;
  if (!found.copy_sound || found.differ) {
    TRY(file_->write(0, bytes_of(found.footer)));
    TRY(file_->flush());  // The file may grow next, and its end be without a footer.
  } else if (!found.tail_sound || found.tail_size != kFooterSize) {
    std::uint64_t place = found.tail_offset;
    if (found.tail_size == 0) place = place_for_tail();
    if (file_->size() < place + kFooterSize) TRY(file_->resize(place + kFooterSize));
    TRY(put_tail(place));
    // Where it is safe only with the next flush, no other is lost until then.
    safe_tail_ = place;
  }
  container_->footers.copy_sound = true;
  container_->footers.tail_sound = true;
  container_->footers.tail_size = kFooterSize;
  container_->footers.differ = false;
  last_block_end_ = structures_end();
  find_space();
  return {};
}

// Where nothing at the end bears a footer's mark: there all the same, unless a block
// ends there.
std::uint64_t Writer::place_for_tail() const {
  std::uint64_t size = file_->size();
  if (size % kSectorSize == 0 && structures_end() <= size - kFooterSize) {
    return size - kFooterSize;
  }
  return best_footer_place(std::max(size, structures_end()));
}

Done Writer::check_usable() const {
  if (!broken_) return {};
  return Error(Errc::io,
               "an earlier write to the image's structures was refused by the host; "
               "open the image anew");
}

Done Writer::at_once(const std::function<Done()>& work) {
  TRY(check_usable());
  broken_ = true;
  TRY(work());
  broken_ = false;
  return {};
}

Shape Writer::shape() const {
  return {.bitmap_size = blocks_->table().bitmap_size(),
          .block_size = blocks_->table().block_size()};
}

std::vector<Range> Writer::structures() const {
  std::vector<Range> ranges;
  for (std::uint64_t place : blocks_->table().places()) {
    ranges.push_back({.begin = place, .end = place + shape().length()});
  }
  for (const auto& part : container_->header->parts()) {
    ranges.push_back({.begin = part.offset, .end = part.offset + part.length});
  }
  for (const auto& part : container_->header->locators()) {
    if (!checked::within(part.offset, part.length, file_->size())) continue;
    ranges.push_back({.begin = part.offset, .end = part.offset + part.length});
  }
  ranges.push_back(table_room_);
  return ranges;
}

std::uint64_t Writer::structures_end() const {
  std::uint64_t end = 0;
  for (const Range& range : structures()) end = std::max(end, range.end);
  return end;
}

void Writer::find_space() { space_.emplace(shape(), structures(), tail_); }

Done Writer::write(std::uint64_t offset, Bytes from) {
  TRY(check_usable());
  std::uint64_t block_size = shape().block_size;
  while (!from.empty()) {
    Blocks::Run run = TRY(blocks_->run(offset, from.size()));
    if (!run.file_offset) {
      run.length = std::min(run.length, block_size - offset % block_size);
    }
    Bytes part = from.first(run.length);
    if (run.file_offset) {
      TRY(file_->write(*run.file_offset, part));
    } else if (parent_ != nullptr || !is_zero(part)) {
      TRY(fill(offset, part));
    }
    offset += run.length;
    from = from.subspan(run.length);
  }
  // flush-justified: it bounds what waits in memory
  return much_changed() ? flush() : Done();
}

// Sectors of one block, none of which it has: what isn't written of the first and the
// last is what was seen there.
Done Writer::fill(std::uint64_t offset, Bytes from) {
  Range sectors = whole_sectors(offset, from.size());
  if (sectors.end - sectors.begin == from.size()) return fill_sectors(offset, from);
  ByteVector bytes(sectors.end - sectors.begin);
  if (parent_ != nullptr) {
    MutableBytes last = MutableBytes(bytes).last(kSectorSize);
    TRY(read_parent(*parent_, sectors.begin, MutableBytes(bytes).first(kSectorSize)));
    TRY(read_parent(*parent_, sectors.end - kSectorSize, last));
  }
  std::memcpy(bytes.data() + (offset - sectors.begin), from.data(), from.size());
  return fill_sectors(sectors.begin, bytes);
}

Done Writer::fill_sectors(std::uint64_t offset, Bytes from) {
  std::uint64_t block = offset / shape().block_size;
  std::uint64_t within = offset % shape().block_size;
  std::uint64_t place = TRY(make_block(block));
  TRY(file_->write(place + shape().bitmap_size + within, from));
  return blocks_->mark(block, within / kSectorSize,
                       (within + from.size()) / kSectorSize);
}

// The place of the block, which may be a new one.
Result<std::uint64_t> Writer::make_block(std::uint64_t block) {
  if (auto place = blocks_->table().place(block)) return *place;
  Place place = TRY(take_place());
  ByteVector bitmap(shape().bitmap_size);
  if (parent_ == nullptr) {
    // All of it is in the file from now on, for those who don't ask the bitmap.
    set_bits(bitmap, 0, shape().block_size / kSectorSize);
    std::uint64_t data = place.offset + shape().bitmap_size;
    if (!place.fresh) TRY(file_->zero(data, shape().block_size));
  }
  blocks_->put(block, place.offset, std::move(bitmap));
  return place.offset;
}

Result<Writer::Place> Writer::take_place() {
  if (auto free = space_->take()) return Place{.offset = *free, .fresh = false};
  // Not over the footer that is safe; over one that isn't yet, another follows.
  std::uint64_t end = tail_ == safe_tail_ ? tail_ + kFooterSize : tail_;
  std::uint64_t place = shape().best_place(std::max(end, last_block_end_));
  TRY(append(place, shape().length()));
  return Place{.offset = place, .fresh = true};
}

// Space past all that is in the file, and a footer after it.
Done Writer::append(std::uint64_t begin, std::uint64_t length) {
  std::uint64_t tail = best_footer_place(begin + length);
  if (tail > kPlaceMax) {
    return Error(Errc::no_space,
                 fmt::format("the file would grow beyond {} bytes", kPlaceMax));
  }
  TRY(file_->resize(tail + kFooterSize));
  return put_tail(tail);
}

Done Writer::put_tail(std::uint64_t offset) {
  TRY(file_->write(offset, bytes_of(container_->footers.footer)));
  tail_ = offset;
  container_->footers.tail_offset = offset;
  return {};
}

// The copy at the start first: while one is in flight, the other is sound.
Done Writer::put_footers(Footer footer) {
  seal(footer);
  container_->footers.footer = footer;
  TRY(file_->write(0, bytes_of(footer)));
  TRY(file_->flush());
  TRY(put_tail(tail_));
  return file_->flush();
}

Done Writer::zero(std::uint64_t offset, std::uint64_t length) {
  TRY(check_usable());
  TRY(zero_range(offset, length));
  // flush-justified: it bounds what waits in memory
  return much_changed() ? flush() : Done();
}

Done Writer::zero_range(std::uint64_t offset, std::uint64_t length) {
  while (length > 0) {
    Blocks::Run run = TRY(blocks_->run(offset, length));
    if (may_drop(offset, length)) {
      drop(offset / shape().block_size);
      run.length = std::min(length, shape().block_size);
    } else {
      TRY(zero_run(run, offset));
    }
    offset += run.length;
    length -= run.length;
  }
  return {};
}

// Whether there is a block at `offset` of which all that the disk has is meant, and
// zeros would be shown without it.
bool Writer::may_drop(std::uint64_t offset, std::uint64_t length) const {
  std::uint64_t block_size = shape().block_size;
  return parent_ == nullptr && offset % block_size == 0 &&
         length >= std::min(block_size, container_->virtual_size - offset) &&
         blocks_->table().place(offset / block_size).has_value();
}

Done Writer::zero_run(const Blocks::Run& run, std::uint64_t offset) {
  if (run.file_offset) return file_->zero(*run.file_offset, run.length);
  if (parent_ == nullptr) return {};
  for (std::uint64_t end = offset + run.length; offset < end;) {
    Mapping mapping = TRY(map_parent(*parent_, offset, end - offset));
    std::uint64_t in_block = shape().block_size - offset % shape().block_size;
    if (!mapping.zero) mapping.length = std::min(mapping.length, in_block);
    if (!mapping.zero) TRY(zero_over_parent(offset, mapping.length));
    offset += mapping.length;
  }
  return {};
}

// Sectors of one block, none of which it has.
Done Writer::zero_over_parent(std::uint64_t offset, std::uint64_t length) {
  std::uint64_t end = offset + length;
  std::uint64_t first = checked::div_up(offset, kSectorSize) * kSectorSize;
  std::uint64_t last = end / kSectorSize * kSectorSize;
  ByteVector zeros(kSectorSize);
  if (first > last) return fill(offset, Bytes(zeros).first(length));
  if (first > offset) TRY(fill(offset, Bytes(zeros).first(first - offset)));
  if (last < end) TRY(fill(last, Bytes(zeros).first(end - last)));
  if (first == last) return {};
  std::uint64_t block = first / shape().block_size;
  std::uint64_t within = first % shape().block_size;
  std::uint64_t place = TRY(make_block(block));
  TRY(file_->zero(place + shape().bitmap_size + within, last - first));
  return blocks_->mark(block, within / kSectorSize,
                       (within + last - first) / kSectorSize);
}

Done Writer::trim(std::uint64_t offset, std::uint64_t length) {
  TRY(check_usable());
  while (length > 0) {
    Blocks::Run run = TRY(blocks_->run(offset, length));
    if (may_drop(offset, length)) {
      drop(offset / shape().block_size);
      run.length = std::min(length, shape().block_size);
    } else if (run.file_offset) {
      TRY(file_->trim(*run.file_offset, run.length));
    }
    offset += run.length;
    length -= run.length;
  }
  // flush-justified: it bounds what waits in memory
  return much_changed() ? flush() : Done();
}

void Writer::drop(std::uint64_t block) {
  std::uint64_t place = *blocks_->table().place(block);
  bool is_new = blocks_->table().changes().contains(block);
  blocks_->drop(block);
  // Any other's place is free once the table in the file doesn't name it.
  if (is_new) space_->give(place);
}

Done Writer::flush() {
  TRY(check_usable());
  if (blocks_->table().changes().empty() && blocks_->changed_bitmaps().empty()) {
    return file_->flush();
  }
  return at_once([&] { return flush_through(); });
}

Done Writer::flush_through() {
  TRY(write_bitmaps(true));
  // What the table and the bitmaps will show, and the new footer.
  TRY(file_->flush());
  safe_tail_ = tail_;
  TRY(write_bitmaps(false));
  TRY(write_entries());
  TRY(file_->flush());
  for (const auto& [block, place] : blocks_->table().changes()) {
    if (place) space_->give(*place);
  }
  blocks_->forget_changes();
  return {};
}

// What hasn't been flushed costs memory.
bool Writer::much_changed() const {
  return blocks_->table().changes().size() * shape().bitmap_size > kChangesSizeMax;
}

// Those of blocks that nothing in the file points at yet, or of the others.
Done Writer::write_bitmaps(bool of_new_blocks) {
  for (const auto& [block, bitmap] : blocks_->changed_bitmaps()) {
    bool is_new = blocks_->table().changes().contains(block);
    if (is_new != of_new_blocks) continue;
    TRY(file_->write(*blocks_->table().place(block), bitmap).in("sector bitmap"));
  }
  return {};
}

Done Writer::write_entries() {
  const Table::Changes& changes = blocks_->table().changes();
  for (auto first = changes.begin(); first != changes.end();) {
    std::vector<be32> entries;
    std::uint64_t block = first->first;
    std::uint64_t sector = block / kEntriesPerSector;
    auto next = first;
    for (; next != changes.end() && next->first == block + entries.size() &&
           next->first / kEntriesPerSector == sector;
         ++next) {
      auto place = blocks_->table().place(next->first);
      entries.push_back(place ? static_cast<std::uint32_t>(*place / kSectorSize)
                              : kNoBlock);
    }
    std::uint64_t offset = container_->header->table_offset() + block * sizeof(be32);
    TRY(file_->write(offset, std::as_bytes(std::span(entries)))
            .in("block allocation table"));
    first = next;
  }
  return {};
}

}  // namespace drydock::vhd1
