#include "vhd/vhdx/writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/parent.h"
#include "vhd/vhdx/log_writer.h"

namespace drydock::vhdx {

namespace {

// How many pages of bitmaps may wait for a flush: 64 MiB of memory.
constexpr std::size_t kChangedPageCountMax = 16384;

// What a block of the disk has: the last one may be cut by the disk's end.
struct Span {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};
Span span_of(const Blocks& blocks, std::uint64_t block) {
  std::uint64_t begin = block * blocks.bat.block_size();
  return {.begin = begin,
          .end = std::min(begin + blocks.bat.block_size(), blocks.virtual_size)};
}

// Whether the parent is known to show nothing but zeros.
Result<bool> parent_is_zero(const Blocks& blocks, std::uint64_t offset,
                            std::uint64_t length) {
  for (std::uint64_t end = offset + length; offset < end;) {
    Mapping mapping = TRY(map_parent(*blocks.parent, offset, end - offset));
    if (!mapping.zero) return false;
    offset += mapping.length;
  }
  return true;
}

}  // namespace

Writer::Writer(DevicePtr file, Headers headers, WriterOptions options)
    : file_(std::move(file)),
      headers_(std::move(headers)),
      options_(std::move(options)) {}

Done Writer::check_usable() const {
  if (!broken_) return {};
  return Error(Errc::io,
               "an earlier write to the image's structures was refused by the host; "
               "open the image anew");
}

Done Writer::begin(Change change) {
  TRY(check_usable());
  if (begun_ && (*begun_ == Change::data || change == Change::structures)) return {};
  Header header = headers_.current();
  if (!begun_) {
    repair_ = TRY(find_region_table_repair(*file_));
    header.file_write_guid = TRY(options_.make_guid());
  }
  if (change == Change::data) {
    header.data_write_guid =
        options_.data_guid ? *options_.data_guid : TRY(options_.make_guid());
  }
  broken_ = true;
  TRY(headers_.update(*file_, header));
  broken_ = false;
  begun_ = change;
  return {};
}

Done Writer::write(Blocks& blocks, std::uint64_t offset, Bytes from) {
  TRY(check_usable());
  while (!from.empty()) {
    Bat::Run run = TRY(blocks.bat.run(offset, from.size()));
    if (run.source != Source::file) {  // One block at a time: any may be all zeros.
      std::uint64_t block_size = blocks.bat.block_size();
      run.length = std::min(run.length, block_size - offset % block_size);
    }
    Bytes part = from.first(run.length);
    if (run.source != Source::zeros || !is_zero(part)) {
      TRY(begin(Change::data));
      TRY(write_run(blocks, run, offset, part));
    }
    offset += run.length;
    from = from.subspan(run.length);
  }
  return flush_if_much_changed(blocks);
}

Done Writer::write_run(Blocks& blocks, const Bat::Run& run, std::uint64_t offset,
                       Bytes from) {
  switch (run.source) {
    case Source::file:
      return file_->write(run.file_offset, from);
    case Source::zeros:
      return fill_block(blocks, offset, from);
    case Source::parent:
    case Source::mixed:
      break;
  }
  return write_over_parent(blocks, offset, from);
}

// The block becomes this file's, zeros but for `from`.
Done Writer::fill_block(Blocks& blocks, std::uint64_t offset, Bytes from) {
  std::uint64_t block_size = blocks.bat.block_size();
  std::uint64_t block = offset / block_size;
  std::uint64_t within = offset % block_size;
  std::uint64_t place = 0;
  std::uint64_t old_size = file_->size();
  if (auto kept = blocks.bat.kept_space(block)) {
    place = *kept;
  } else {
    place = TRY(find_space(blocks, block_size));
  }
  if (place < old_size) {  // What has just grown is zero.
    TRY(file_->zero(place, within));
    TRY(file_->zero(place + within + from.size(), block_size - within - from.size()));
  }
  TRY(file_->write(place + within, from));
  blocks.bat.place(block, BlockState::fully_present, place);
  return {};
}

// In units of sectors, which is how the bitmap tells ours from the parent's.
Done Writer::write_over_parent(Blocks& blocks, std::uint64_t offset, Bytes from) {
  std::uint64_t unit = blocks.sector_size;
  std::uint64_t begin = offset / unit * unit;
  std::uint64_t end = checked::div_up(offset + from.size(), unit) * unit;
  ByteVector sectors;
  if (end - begin != from.size()) {
    sectors.resize(end - begin);
    MutableBytes all = sectors;
    TRY(blocks.read(begin, all.first(unit)));
    TRY(blocks.read(end - unit, all.last(unit)));
    std::memcpy(sectors.data() + (offset - begin), from.data(), from.size());
    from = sectors;
  }
  std::uint64_t block = begin / blocks.bat.block_size();
  Span span = span_of(blocks, block);
  bool whole = begin == span.begin && end == span.end;
  auto place = blocks.bat.place_of(block);
  if (whole && !place) return fill_block(blocks, begin, from);
  if (!place) place = TRY(make_partial(blocks, block));
  TRY(file_->write(*place + (begin - span.begin), from));
  if (whole) {
    blocks.bat.place(block, BlockState::fully_present, *place);
    return {};
  }
  return blocks.bitmaps->set(*file_, blocks.bat, begin / unit, from.size() / unit,
                             SectorBitmaps::Place::here);
}

// The block gets a place, and all of its sectors are still the parent's.
Result<std::uint64_t> Writer::make_partial(Blocks& blocks, std::uint64_t block) {
  std::uint64_t chunk = blocks.bat.chunk_of(block);
  if (!blocks.bat.bitmap_place_of(chunk)) {
    std::uint64_t place = TRY(find_space(blocks, kBitmapSize));
    TRY(file_->zero(place, kBitmapSize));
    blocks.bat.place_bitmap(chunk, place);
    new_bitmaps_.insert(chunk);
  }
  std::uint64_t place = TRY(find_space(blocks, blocks.bat.block_size()));
  // Bits of a block that isn't there mean nothing, and may be anything.
  std::uint64_t sector_count = blocks.bat.block_size() / blocks.sector_size;
  TRY(blocks.bitmaps->set(*file_, blocks.bat, block * sector_count, sector_count,
                          SectorBitmaps::Place::parent));
  blocks.bat.place(block, BlockState::partially_present, place);
  return place;
}

Done Writer::zero(Blocks& blocks, std::uint64_t offset, std::uint64_t length) {
  TRY(check_usable());
  while (length != 0) {
    Bat::Run run = TRY(blocks.bat.run(offset, length));
    if (run.source != Source::zeros) {
      std::uint64_t block_size = blocks.bat.block_size();
      run.length = std::min(run.length, block_size - offset % block_size);
      TRY(zero_run(blocks, run, offset));
    }
    offset += run.length;
    length -= run.length;
  }
  return flush_if_much_changed(blocks);
}

// A run within one block that isn't known to be zeros.
Done Writer::zero_run(Blocks& blocks, const Bat::Run& run, std::uint64_t offset) {
  if (run.source == Source::parent && TRY(parent_is_zero(blocks, offset, run.length))) {
    return {};
  }
  TRY(begin(Change::data));
  std::uint64_t block = offset / blocks.bat.block_size();
  Span span = span_of(blocks, block);
  bool whole = offset == span.begin && offset + run.length == span.end;
  if (whole && !options_.leave_blocks_allocated) return drop_block(blocks, block);
  if (run.source == Source::file) return file_->zero(run.file_offset, run.length);
  static const ByteVector kZeros(kMiB);
  for (std::uint64_t at = 0; at < run.length; at += kZeros.size()) {
    std::uint64_t part = std::min<std::uint64_t>(kZeros.size(), run.length - at);
    TRY(write_over_parent(blocks, offset + at, Bytes(kZeros).first(part)));
  }
  return {};
}

Done Writer::trim(Blocks& blocks, std::uint64_t offset, std::uint64_t length) {
  TRY(check_usable());
  while (length != 0) {
    std::uint64_t block = offset / blocks.bat.block_size();
    Span span = span_of(blocks, block);
    std::uint64_t part = std::min(length, span.end - offset);
    if (auto place = blocks.bat.place_of(block)) {
      TRY(begin(Change::data));
      if (part == span.end - span.begin && !options_.leave_blocks_allocated) {
        TRY(drop_block(blocks, block));
      } else {
        TRY(file_->trim(*place + (offset - span.begin), part));
      }
    }
    offset += part;
    length -= part;
  }
  return {};
}

// The block becomes zeros that are stored nowhere.
Done Writer::drop_block(Blocks& blocks, std::uint64_t block) {
  if (auto place = blocks.bat.place_of(block)) {
    freed_.push_back({.id = {}, .offset = *place, .length = blocks.bat.block_size()});
  }
  blocks.bat.drop(block, BlockState::zero);
  return {};
}

Result<std::uint64_t> Writer::find_space(const Blocks& blocks, std::uint64_t length) {
  if (!space_) {
    std::vector<Region> taken = blocks.bat.taken(file_->size());
    // To the file, what was freed since the last flush isn't free yet.
    taken.insert(taken.end(), freed_.begin(), freed_.end());
    std::ranges::sort(taken, {}, &Region::offset);
    space_.emplace(taken, file_->size());
  }
  if (auto place = space_->take(length, kFileSizeMax)) return *place;
  std::uint64_t end = std::max(file_->size(), blocks.bat.structures_end());
  std::uint64_t place = checked::div_up(end, kAlignment) * kAlignment;
  if (!checked::within(place, length, kFileSizeMax)) {
    return Error(Errc::no_space,
                 fmt::format("the file would grow beyond {} bytes", kFileSizeMax));
  }
  TRY(file_->resize(place + length));
  return place;
}

Done Writer::flush(Blocks& blocks) { return flush_with(blocks, {}); }

Done Writer::flush_with(Blocks& blocks, std::vector<PageWrite> pages) {
  TRY(check_usable());
  broken_ = true;
  TRY(flush_through(blocks, std::move(pages)));
  broken_ = false;
  return {};
}

Done Writer::flush_if_much_changed(Blocks& blocks) {
  if (!blocks.bitmaps ||
      blocks.bitmaps->changed_pages().size() < kChangedPageCountMax) {
    return {};
  }
  return flush(blocks);  // flush-justified: it bounds what waits in memory
}

// Bitmaps that nothing points at yet go straight to their place.
Done Writer::write_new_bitmaps(const Blocks& blocks) {
  if (new_bitmaps_.empty()) return {};
  for (std::uint64_t page : blocks.bitmaps->changed_pages()) {
    std::uint64_t chunk = SectorBitmaps::chunk_of_page(page);
    if (!new_bitmaps_.contains(chunk)) continue;
    TRY(file_->write(
        *blocks.bat.bitmap_place_of(chunk) + SectorBitmaps::offset_in_bitmap(page),
        blocks.bitmaps->page_bytes(page)));
  }
  return {};
}

// In an order in which any number of the first may be in place without the rest:
// bits of blocks that aren't there yet mean nothing; and a chunk's bitmap has its
// entry after those of its blocks, so the table goes from its end to its start.
std::vector<PageWrite> Writer::changed_pages(const Blocks& blocks) const {
  std::vector<PageWrite> pages;
  if (blocks.bitmaps) {
    for (std::uint64_t page : blocks.bitmaps->changed_pages()) {
      std::uint64_t chunk = SectorBitmaps::chunk_of_page(page);
      if (new_bitmaps_.contains(chunk)) continue;
      pages.push_back({.file_offset = *blocks.bat.bitmap_place_of(chunk) +
                                      SectorBitmaps::offset_in_bitmap(page),
                       .contents = blocks.bitmaps->page_bytes(page)});
    }
  }
  const auto& table = blocks.bat.changed_pages();
  for (auto page = table.rbegin(); page != table.rend(); ++page) {
    pages.push_back({.file_offset = blocks.bat.page_offset(*page),
                     .contents = blocks.bat.page_bytes(*page)});
  }
  return pages;
}

Done Writer::flush_through(Blocks& blocks, std::vector<PageWrite> pages) {
  if (repair_) {
    for (std::uint64_t at = 0; at < repair_->bytes.size(); at += kPageSize) {
      pages.push_back({.file_offset = repair_->offset + at,
                       .contents = Bytes(repair_->bytes).subspan(at, kPageSize)});
    }
  }
  TRY(write_new_bitmaps(blocks));
  for (const PageWrite& page : changed_pages(blocks)) pages.push_back(page);
  if (pages.empty()) return file_->flush();
  Guid log_guid = TRY(options_.make_guid());
  TRY(write_through_log(*file_, headers_, log_guid, pages,
                        blocks.bat.structures_end()));
  repair_.reset();
  new_bitmaps_.clear();
  blocks.bat.forget_changes();
  if (blocks.bitmaps) blocks.bitmaps->forget_changes();
  // Only now may something else be put there.
  if (space_) {
    for (const Region& freed : freed_) space_->give(freed.offset, freed.length);
  }
  freed_.clear();
  return {};
}

Done settle_log(BlockDevice& file, Headers& headers, const Replay& replay,
                const MakeGuid& make_guid) {
  Header header = headers.current();
  header.file_write_guid = TRY(make_guid());
  TRY(headers.update(file, header));
  TRY(write_replay(replay, file));
  // The log is needed until all of it is safe in its place.
  TRY(file.flush());
  header = headers.current();
  header.log_guid = Guid{};
  TRY(headers.update(file, header));
  return file.flush();
}

}  // namespace drydock::vhdx
