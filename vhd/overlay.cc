#include "vhd/overlay.h"

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock {

Done Overlay::do_read(std::uint64_t offset, MutableBytes into) const {
  std::uint64_t end = offset + into.size();
  std::uint64_t at = offset;
  auto page = pages_.lower_bound(offset / kPageSize);
  while (at < end) {
    std::uint64_t page_start = page == pages_.end() ? end : page->first * kPageSize;
    if (at < page_start) {  // A stretch of which nothing is kept.
      std::uint64_t stop = std::min(end, page_start);
      TRY(below_->read(at, into.subspan(at - offset, stop - at)));
      at = stop;
      continue;
    }
    std::uint64_t stop = std::min(end, page_start + kPageSize);
    std::memcpy(into.data() + (at - offset), page->second.data() + (at - page_start),
                stop - at);
    at = stop;
    ++page;
  }
  return {};
}

Done Overlay::do_write(std::uint64_t offset, Bytes from) {
  std::uint64_t end = offset + from.size();
  for (std::uint64_t at = offset; at < end;) {
    std::uint64_t page_start = at / kPageSize * kPageSize;
    std::uint64_t stop = std::min(end, page_start + kPageSize);
    auto found = pages_.find(at / kPageSize);
    if (found == pages_.end()) {
      ByteVector page(kPageSize);
      std::uint64_t held = std::min(kPageSize, below_->size() - page_start);
      bool whole = at == page_start && stop >= page_start + held;
      if (!whole) TRY(below_->read(page_start, MutableBytes(page).first(held)));
      found = pages_.emplace(at / kPageSize, std::move(page)).first;
    }
    std::memcpy(found->second.data() + (at - page_start), from.data() + (at - offset),
                stop - at);
    at = stop;
  }
  return {};
}

Result<Extent> Overlay::do_extent(std::uint64_t offset) const {
  auto page = pages_.lower_bound(offset / kPageSize);
  if (page != pages_.end() && page->first * kPageSize <= offset) {
    std::uint64_t end = page->first * kPageSize + kPageSize;
    return Extent{.length = std::min(end, size()) - offset, .zero = false};
  }
  Extent extent = TRY(below_->extent(offset));
  if (page != pages_.end()) {
    extent.length = std::min(extent.length, page->first * kPageSize - offset);
  }
  return extent;
}

Result<std::vector<Overlay::Change>> Overlay::changes() const {
  std::vector<Change> changes;
  std::uint32_t unit = sector_size();
  ByteVector below(kPageSize);
  for (const auto& [number, page] : pages_) {
    std::uint64_t start = number * kPageSize;
    std::uint64_t held = std::min(kPageSize, size() - start);
    TRY(below_->read(start, MutableBytes(below).first(held)));
    for (std::uint64_t at = 0; at < held; at += unit) {
      std::uint64_t length = std::min<std::uint64_t>(unit, held - at);
      if (std::memcmp(below.data() + at, page.data() + at, length) == 0) continue;
      bool joins = !changes.empty() &&
                   changes.back().offset + changes.back().after.size() == start + at;
      if (!joins) changes.push_back({.offset = start + at, .before = {}, .after = {}});
      Change& change = changes.back();
      auto append = [&](ByteVector& to, const ByteVector& from) {
        auto first = from.begin() + static_cast<std::ptrdiff_t>(at);
        to.insert(to.end(), first, first + static_cast<std::ptrdiff_t>(length));
      };
      append(change.before, below);
      append(change.after, page);
    }
  }
  return changes;
}

}  // namespace drydock
