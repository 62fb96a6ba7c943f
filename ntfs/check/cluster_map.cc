#include "ntfs/check/cluster_map.h"

#include <bit>

#include "vhd/base/checked.h"

namespace drydock::ntfs {

ClusterMap::ClusterMap(std::uint64_t cluster_count)
    : pages_(checked::div_up(cluster_count, kPageBits)) {}

std::uint64_t ClusterMap::claim_word(Page& page, std::uint64_t word,
                                     std::uint64_t mask) {
  if (page.claimed_count == kPageBits) return mask;
  if (!page.words) page.words = std::make_unique<std::uint64_t[]>(kPageWords);
  std::uint64_t before = page.words[word] & mask;
  page.words[word] |= mask;
  page.claimed_count += static_cast<unsigned>(std::popcount(mask & ~before));
  if (page.claimed_count == kPageBits) page.words.reset();
  return before;
}

std::uint64_t ClusterMap::word(std::uint64_t first) const {
  const Page& page = pages_[first / kPageBits];
  if (page.words) return page.words[first % kPageBits / 64];
  return page.claimed_count == kPageBits ? ~std::uint64_t{0} : 0;
}

}  // namespace drydock::ntfs
