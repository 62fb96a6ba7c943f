#include "repair/hive/cell_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "repair/hive/hive.h"
#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::hive {

namespace {

constexpr std::uint32_t kInUse = 0x80000000;  // the sign of a cell's size

std::uint32_t bins_size(Bytes file) {
  return load<le32>(file, offsetof(BaseBlock, bins_size)).value_or(0);
}

}  // namespace

void CellSpace::index() {
  if (indexed_) return;
  indexed_ = true;
  bins_.clear();
  free_.clear();
  Bytes bins = cells().bins();
  for (std::uint32_t start = 0; start < bins.size();) {
    auto bin = load<BinHeader>(bins, start);
    if (!bin || bin->size == 0 || bin->size > bins.size() - start) return;
    std::uint32_t after = start + bin->size;
    bins_[start] = after;
    for (std::uint32_t cell = start + sizeof(BinHeader); cell < after;) {
      std::uint32_t raw = load<le32>(bins, cell).value_or(0);
      std::uint32_t size = (raw & kInUse) != 0 ? 0 - raw : raw;
      if (size == 0 || size > after - cell) break;
      if ((raw & kInUse) == 0) free_[cell] = size;
      cell += size;
    }
    start = after;
  }
}

void CellSpace::write(std::size_t offset, Bytes bytes) {
  assert(checked::within(offset, bytes.size(), file_->size()));
  Bytes old = Bytes(*file_).subspan(offset, bytes.size());
  undo_.push_back(
      {.offset = offset, .old = {old.begin(), old.end()}, .file_size = file_->size()});
  std::copy(bytes.begin(), bytes.end(),
            file_->begin() + static_cast<std::ptrdiff_t>(offset));
}

void CellSpace::undo() {
  for (; !undo_.empty(); undo_.pop_back()) {
    const Change& change = undo_.back();
    file_->resize(change.file_size);
    std::copy(change.old.begin(), change.old.end(),
              file_->begin() + static_cast<std::ptrdiff_t>(change.offset));
  }
  indexed_ = false;
}

void CellSpace::put_bytes(std::uint32_t cell, std::size_t at, Bytes bytes) {
  if (bytes.empty()) return;
  write(kBaseBlockSize + cell + sizeof(le32) + at, bytes);
}

void CellSpace::write_cell_size(std::uint32_t cell, std::uint32_t size) {
  write(kBaseBlockSize + cell, bytes_of(le32(size)));
}

Result<std::uint32_t> CellSpace::allocate(std::size_t size) {
  index();
  auto whole = checked::align_up(size + sizeof(le32), kCellUnit);
  if (!whole || *whole > kHiveSizeMax) {
    return Error(Errc::no_space, fmt::format("no cell can hold {} bytes", size));
  }
  auto needed = static_cast<std::uint32_t>(*whole);
  auto found = std::find_if(free_.begin(), free_.end(),
                            [&](const auto& cell) { return cell.second >= needed; });
  std::uint32_t cell = found == free_.end() ? TRY(add_bin(needed)) : found->first;
  std::uint32_t rest = free_.at(cell) - needed;
  free_.erase(cell);
  if (rest != 0) {
    write_cell_size(cell + needed, rest);
    free_[cell + needed] = rest;
  }
  write_cell_size(cell, 0 - needed);
  put_bytes(cell, 0, ByteVector(needed - sizeof(le32)));
  return cell;
}

// A bin of one free cell, which is the result.  What lay in the file after the
// bins is nobody's.
Result<std::uint32_t> CellSpace::add_bin(std::uint32_t size) {
  std::uint32_t start = bins_size(*file_);
  auto bin_size = static_cast<std::uint32_t>(
      *checked::align_up(std::uint64_t{size} + sizeof(BinHeader), kBinUnit));
  std::uint64_t file_size = std::uint64_t{kBaseBlockSize} + start + bin_size;
  if (file_size > kHiveSizeMax) {
    return Error(Errc::no_space,
                 fmt::format("the hive would grow to {} bytes; the most "
                             "is {}",
                             file_size, kHiveSizeMax));
  }
  // Noted before the file grows, so that undo() makes it small again.
  write(offsetof(BaseBlock, bins_size), bytes_of(le32(start + bin_size)));
  if (file_->size() < file_size) file_->resize(file_size);
  BinHeader header{};
  header.signature = kBinSignature;
  header.offset = start;
  header.size = bin_size;
  write(kBaseBlockSize + start, ByteVector(bin_size));
  write(kBaseBlockSize + start, bytes_of(header));
  bins_[start] = start + bin_size;
  std::uint32_t cell = start + sizeof(BinHeader);
  std::uint32_t cell_size = bin_size - std::uint32_t{sizeof(BinHeader)};
  write_cell_size(cell, cell_size);
  free_[cell] = cell_size;
  return cell;
}

void CellSpace::free(std::uint32_t cell) {
  index();
  auto content = cells().at(cell);
  auto bin = bins_.upper_bound(cell);
  if (!content || bin == bins_.begin()) return;
  std::uint32_t size = static_cast<std::uint32_t>(content->size()) + sizeof(le32);
  auto [bin_start, bin_end] = *std::prev(bin);
  auto after = free_.lower_bound(cell);
  if (after != free_.begin()) {
    auto before = std::prev(after);
    if (before->first > bin_start && before->first + before->second == cell) {
      cell = before->first;
      size += before->second;
      free_.erase(before);
    }
  }
  if (after != free_.end() && after->first == cell + size && after->first < bin_end) {
    size += after->second;
    free_.erase(after);
  }
  write_cell_size(cell, size);
  free_[cell] = size;
}

}  // namespace drydock::hive
