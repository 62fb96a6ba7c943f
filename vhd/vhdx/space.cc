#include "vhd/vhdx/space.h"

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/vhdx/format.h"

namespace drydock::vhdx {

Space::Space(const std::vector<Region>& taken, std::uint64_t file_size) {
  std::uint64_t at = kHeaderSectionSize;
  for (const Region& region : taken) {
    if (region.offset > at) give(at, region.offset - at);
    at = std::max(
        at, checked::div_up(region.offset + region.length, kAlignment) * kAlignment);
  }
  std::uint64_t end = file_size / kAlignment * kAlignment;
  if (end > at) give(at, end - at);
}

std::optional<std::uint64_t> Space::take(std::uint64_t length, std::uint64_t end_max) {
  for (auto stretch = free_.begin(); stretch != free_.end(); ++stretch) {
    auto [begin, end] = *stretch;
    if (begin + length > end_max) break;
    if (end - begin < length) continue;
    free_.erase(stretch);
    if (end - begin > length) free_.emplace(begin + length, end);
    return begin;
  }
  return std::nullopt;
}

void Space::give(std::uint64_t offset, std::uint64_t length) {
  std::uint64_t end = offset + length;
  auto next = free_.upper_bound(offset);
  if (next != free_.begin() && std::prev(next)->second == offset) {
    --next;
    offset = next->first;
    next = free_.erase(next);
  }
  if (next != free_.end() && next->first == end) {
    end = next->second;
    free_.erase(next);
  }
  free_.emplace(offset, end);
}

}  // namespace drydock::vhdx
