#include "vhd/vhd1/space.h"

#include <algorithm>

#include "vhd/vhd1/format.h"

namespace drydock::vhd1 {

namespace {

constexpr std::uint64_t kAlignment = 4096;

// The least multiple of `unit` from `value` on.
std::uint64_t aligned(std::uint64_t value, std::uint64_t unit = kAlignment) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

std::uint64_t Shape::best_place(std::uint64_t offset) const {
  return aligned(offset + bitmap_size) - bitmap_size;
}

std::uint64_t best_footer_place(std::uint64_t offset) {
  return aligned(offset + kFooterSize) - kFooterSize;
}

Space::Space(Shape shape, std::vector<Range> taken, std::uint64_t end) : shape_(shape) {
  std::ranges::sort(taken, {}, &Range::begin);
  taken.push_back({.begin = end, .end = end});
  std::uint64_t at = 0;
  for (const Range& range : taken) {
    std::uint64_t begin = std::min(range.begin, end);
    if (begin > at && begin - at >= shape.length()) free_[at] = begin;
    at = std::max(at, aligned(range.end, kSectorSize));
  }
}

std::optional<std::uint64_t> Space::take() {
  for (auto free = free_.begin(); free != free_.end(); ++free) {
    auto [begin, end] = *free;
    if (end - begin < shape_.length()) continue;
    std::uint64_t place = shape_.best_place(begin);
    // The gap that another block left may only just hold it.
    if (place + shape_.length() > end) place = begin;
    free_.erase(free);
    if (place > begin) free_[begin] = place;
    if (place + shape_.length() < end) free_[place + shape_.length()] = end;
    return place;
  }
  return std::nullopt;
}

void Space::give(std::uint64_t place) {
  std::uint64_t end = place + shape_.length();
  auto next = free_.lower_bound(place);
  if (next != free_.end() && next->first == end) {
    end = next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin() && std::prev(next)->second == place) {
    std::prev(next)->second = end;
  } else {
    free_[place] = end;
  }
}

}  // namespace drydock::vhd1
