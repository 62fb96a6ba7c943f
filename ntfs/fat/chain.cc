#include "ntfs/fat/chain.h"

#include <algorithm>
#include <cassert>

namespace drydock::fat {

const Chain::Run& Chain::run_of(std::uint32_t index) const {
  assert(index < count_);
  auto after = std::ranges::upper_bound(runs_, index, {}, &Run::start);
  return *std::prev(after);
}

void Chain::append(std::uint32_t cluster) {
  if (!empty() && last() + 1 == cluster) {
    ++runs_.back().count;
  } else {
    runs_.push_back({.first = cluster, .count = 1, .start = count_});
  }
  ++count_;
}

void Chain::cut(std::uint32_t count) {
  while (!runs_.empty() && runs_.back().start >= count) runs_.pop_back();
  if (!runs_.empty()) {
    Run& run = runs_.back();
    run.count = std::min(run.count, count - run.start);
  }
  count_ = std::min(count_, count);
}

}  // namespace drydock::fat
