#include "vhd/vhd1/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::vhd1 {

namespace {

// How much of the table is read at once.  A file that says that it has a great one
// and has none is found out before memory goes to all of it: zeros are no entries.
constexpr std::uint64_t kReadSize = 1 << 20;

}  // namespace

Table::Table(const Container& container)
    : virtual_size_(container.virtual_size),
      block_size_(container.header->block_size()),
      bitmap_size_(container.header->bitmap_size()) {}

Result<Table> Table::load(const BlockDevice& file, const Container& container) {
  Table table(container);
  TRY(table.read(file, container.header->table_offset()));
  TRY(table.check(container));
  return table;
}

Done Table::read(const BlockDevice& file, std::uint64_t offset) {
  std::uint64_t count = checked::div_up(virtual_size_, block_size_);
  ByteVector buffer(std::min(count * sizeof(be32), kReadSize));
  while (sectors_.size() < count) {
    std::uint64_t left = (count - sectors_.size()) * sizeof(be32);
    MutableBytes part = MutableBytes(buffer).first(std::min(left, kReadSize));
    TRY(file.read(offset, part));
    for (std::size_t at = 0; at < part.size(); at += sizeof(be32)) {
      std::uint32_t sector = *drydock::load<be32>(part, at);
      if (sector == 0) {
        return Error(Errc::corrupt,
                     fmt::format("block {} is at the start of the file, where the copy "
                                 "of the footer is",
                                 sectors_.size()));
      }
      sectors_.push_back(sector);
    }
    offset += part.size();
  }
  return {};
}

// Of the last block, only what the disk has of it must be in the file.
std::uint64_t Table::used_of(std::uint64_t block) const {
  return bitmap_size_ + std::min(block_size_, virtual_size_ - block * block_size_);
}

Done Table::check(const Container& container) const {
  for (std::uint64_t block = 0; block < block_count(); ++block) {
    auto place = this->place(block);
    if (!place || checked::within(*place, used_of(block), container.data_end())) {
      continue;
    }
    return Error(
        Errc::corrupt,
        fmt::format("block {} is at {:#x}, and the file has no more than {:#x} "
                    "bytes for blocks",
                    block, *place, container.data_end()));
  }
  std::vector<std::uint64_t> starts = places();
  std::uint64_t length = bitmap_size_ + block_size_;
  for (std::size_t i = 1; i < starts.size(); ++i) {
    if (starts[i] - starts[i - 1] >= length) continue;
    return Error(Errc::corrupt,
                 fmt::format("the block at {:#x} in the file overlaps with the one at "
                             "{:#x}",
                             starts[i], starts[i - 1]));
  }
  for (const Header::Part& part : container.header->parts()) {
    auto next = std::ranges::upper_bound(starts, part.offset);
    bool inside = next != starts.end() && *next - part.offset < part.length;
    if (!inside && next != starts.begin()) inside = part.offset - *--next < length;
    if (!inside) continue;
    return Error(Errc::corrupt, fmt::format("the block at {:#x} in the file is on top "
                                            "of {}",
                                            *next, part.name));
  }
  return {};
}

void Table::set_place(std::uint64_t block, std::optional<std::uint64_t> place) {
  changes_.try_emplace(block, this->place(block));
  sectors_[block] = place ? static_cast<std::uint32_t>(*place / kSectorSize) : kNoBlock;
  if (changes_[block] == place) changes_.erase(block);
}

std::vector<std::uint64_t> Table::places() const {
  std::vector<std::uint64_t> places;
  for (std::uint32_t sector : sectors_) {
    if (sector != kNoBlock) places.push_back(sector * kSectorSize);
  }
  std::ranges::sort(places);
  return places;
}

}  // namespace drydock::vhd1
