#include "vhd/vhdx/replayed_file.h"

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::vhdx {

ReplayedFile::Piece ReplayedFile::piece_at(std::uint64_t offset) const {
  std::uint64_t end = size();
  auto page = replay_.pages.upper_bound(offset);
  if (page != replay_.pages.end()) end = page->first;
  if (page != replay_.pages.begin()) {
    --page;
    if (offset - page->first < kPageSize) {
      return {.end = page->first + kPageSize, .page = &page->second, .zero = false};
    }
  }
  auto zeros = replay_.zeros.upper_bound(offset);
  if (zeros != replay_.zeros.end()) end = std::min(end, zeros->first);
  if (zeros != replay_.zeros.begin()) {
    --zeros;
    if (offset < zeros->second) {
      return {.end = std::min(end, zeros->second), .page = nullptr, .zero = true};
    }
  }
  if (offset >= file_->size()) return {.end = end, .page = nullptr, .zero = true};
  return {.end = std::min(end, file_->size()), .page = nullptr, .zero = false};
}

Done ReplayedFile::do_read(std::uint64_t offset, MutableBytes into) const {
  while (!into.empty()) {
    Piece piece = piece_at(offset);
    std::uint64_t length = std::min<std::uint64_t>(into.size(), piece.end - offset);
    if (piece.page != nullptr) {
      std::memcpy(into.data(), piece.page->data() + offset % kPageSize, length);
    } else if (piece.zero) {
      std::memset(into.data(), 0, length);
    } else {
      TRY(file_->read(offset, into.first(length)));
    }
    offset += length;
    into = into.subspan(length);
  }
  return {};
}

Done ReplayedFile::do_write(std::uint64_t, Bytes) {
  return Error(Errc::read_only, "the replayed log is only in memory");
}

Result<Extent> ReplayedFile::do_extent(std::uint64_t offset) const {
  Piece piece = piece_at(offset);
  if (piece.page != nullptr || piece.zero) {
    return Extent{.length = piece.end - offset, .zero = piece.zero};
  }
  Extent extent = TRY(file_->extent(offset));
  extent.length = std::min(extent.length, piece.end - offset);
  return extent;
}

}  // namespace drydock::vhdx
