// How a dynamic or differencing disk gets another size.

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"
#include "vhd/vhd1/writer.h"

namespace drydock::vhd1 {

namespace {

// How much of a table is written at once.
constexpr std::uint64_t kPieceSize = 64 * 1024;

}  // namespace

Done Writer::resize(std::uint64_t size) {
  if (size == 0 || size % kSectorSize != 0 || size > kDiskSizeMax) {
    return Error(
        Errc::bad_argument,
        fmt::format("a VHD can't have {} bytes: multiples of {} up to {} can be", size,
                    kSectorSize, kDiskSizeMax));
  }
  TRY(flush());
  return at_once(
      [&] { return size > container_->virtual_size ? grow(size) : shrink(size); });
}

// The disk is larger once a footer says so.  Before that, all that it will then have is
// made safe: the table's room and its entries, and zeros where the file still has what
// an earlier, larger disk left, or the parent has more than the child had.
Done Writer::grow(std::uint64_t size) {
  std::uint64_t old_size = container_->virtual_size;
  std::uint64_t old_count = blocks_->table().block_count();
  std::uint64_t count = checked::div_up(size, shape().block_size);
  std::uint64_t table_end = container_->header->table_offset() + count * sizeof(be32);
  TRY(make_room_for_table(*checked::align_up(table_end, kSectorSize)));
  TRY(lengthen_last_block());
  TRY(flush_through());
  find_space();  // What was moved away has left its place to the table.
  TRY(clear_entries(old_count, count));
  blocks_->set_block_count(count);
  container_->virtual_size = size;
  TRY(zero_range(old_size, size - old_size));
  TRY(flush_through());

  Footer footer = container_->footers.footer;
  set_disk_size(footer, size);
  DynamicHeader fields = container_->header->fields;
  if (fields.entry_count < count) {
    fields.entry_count = static_cast<std::uint32_t>(count);
    TRY(replace_header(fields, footer, {}));
  } else {
    TRY(put_footers(footer));
  }
  table_room_ = {};
  find_space();
  return {};
}

// The disk is smaller once a footer says so.  What is beyond is dropped after that;
// where a power cut comes between, the entries left behind count for nothing.
Done Writer::shrink(std::uint64_t size) {
  Footer footer = container_->footers.footer;
  set_disk_size(footer, size);
  TRY(put_footers(footer));
  container_->virtual_size = size;
  std::uint64_t count = checked::div_up(size, shape().block_size);
  for (std::uint64_t block = count; block < blocks_->table().block_count(); ++block) {
    if (blocks_->table().place(block)) drop(block);
  }
  TRY(flush_through());
  blocks_->set_block_count(count);
  return {};
}

// Blocks that lie where the table will be are moved, and so is the footer.
Done Writer::make_room_for_table(std::uint64_t end) {
  Range room{.begin = container_->header->table_offset(), .end = end};
  std::vector<Header::Part> others = container_->header->locators();
  for (const Header::Part& part : container_->header->parts()) {
    if (part.offset != room.begin) others.push_back(part);
  }
  for (const Header::Part& part : others) {
    if (part.offset < room.begin || part.offset >= room.end) continue;
    return Error(Errc::unsupported,
                 fmt::format("the table must grow to {:#x} in the file, and {} is at "
                             "{:#x}; convert the image to a larger one",
                             room.end, part.name, part.offset));
  }
  table_room_ = room;
  find_space();
  if (tail_ < room.end) TRY(append(std::max(room.end, tail_ + kFooterSize), 0));
  for (std::uint64_t block = 0; block < blocks_->table().block_count(); ++block) {
    auto place = blocks_->table().place(block);
    if (!place || *place < room.begin || *place >= room.end) continue;
    TRY(move_block(block, TRY(take_place()).offset));
  }
  return {};
}

// Of the last block, only what the disk had of it need have been in the file.
Done Writer::lengthen_last_block() {
  std::uint64_t block = blocks_->table().block_count() - 1;
  auto place = blocks_->table().place(block);
  if (!place || *place + shape().length() <= safe_tail_ ||
      blocks_->table().changes().contains(block)) {
    return {};
  }
  return move_block(block, TRY(take_place()).offset);
}

// These blocks are nowhere, whatever the file has in their place of the table.
Done Writer::clear_entries(std::uint64_t first, std::uint64_t end) {
  ByteVector none(kPieceSize, std::byte{0xFF});
  std::uint64_t begin = container_->header->table_offset() + first * sizeof(be32);
  for (std::uint64_t left = (end - first) * sizeof(be32); left > 0;) {
    std::uint64_t length = std::min(left, kPieceSize);
    TRY(file_->write(begin, Bytes(none).first(length)));
    begin += length;
    left -= length;
  }
  return {};
}

}  // namespace drydock::vhd1
