// Which clusters of a volume somebody has claimed: a bitmap that takes memory only
// where it is neither all clear nor all set.

#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace drydock::ntfs {

class ClusterMap {
 public:
  explicit ClusterMap(std::uint64_t cluster_count);

  // Claims `count` clusters from `first` on, which are on the volume.  Calls
  // `taken` with each run of them that was claimed before.
  template <class Taken>
  void claim(std::uint64_t first, std::uint64_t count, Taken taken);

  // The claims of 64 clusters from `first` on, a multiple of 64.
  std::uint64_t word(std::uint64_t first) const;

 private:
  // 32 KiB of memory, for 1 GiB of a volume with clusters of 4 KiB.
  static constexpr std::uint64_t kPageBits = 256 << 10;
  static constexpr std::uint64_t kPageWords = kPageBits / 64;

  struct Page {
    std::unique_ptr<std::uint64_t[]> words;  // nothing while all are alike
    std::uint64_t claimed_count = 0;
  };
  // The clusters of one word of a page; what of `mask` was claimed before.
  std::uint64_t claim_word(Page& page, std::uint64_t word, std::uint64_t mask);

  std::vector<Page> pages_;
};

template <class Taken>
void ClusterMap::claim(std::uint64_t first, std::uint64_t count, Taken taken) {
  std::uint64_t taken_first = 0;
  std::uint64_t taken_count = 0;
  auto tell = [&] {
    if (taken_count != 0) taken(taken_first, taken_count);
    taken_count = 0;
  };
  for (std::uint64_t at = first; at < first + count;) {
    std::uint64_t bit = at % 64;
    std::uint64_t length =
        first + count - at < 64 - bit ? first + count - at : 64 - bit;
    std::uint64_t mask =
        length == 64 ? ~std::uint64_t{0} : ((std::uint64_t{1} << length) - 1) << bit;
    std::uint64_t before =
        claim_word(pages_[at / kPageBits], at % kPageBits / 64, mask);
    if (before == 0) tell();
    for (std::uint64_t i = 0; before != 0 && i < length; ++i) {
      if ((before >> (bit + i) & 1) == 0) {
        tell();
        continue;
      }
      if (taken_count++ == 0) taken_first = at + i;
    }
    at += length;
  }
  tell();
}

}  // namespace drydock::ntfs
