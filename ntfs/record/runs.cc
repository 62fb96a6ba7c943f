#include "ntfs/record/runs.h"

#include <fmt/format.h>

#include "vhd/base/checked.h"

namespace drydock::ntfs {

namespace {

// Fewer than a record of 64 KiB can hold.
constexpr std::size_t kRunCountMax = 32 << 10;
// A file ends below 2^63 bytes, and a cluster has 256 or more.
constexpr std::uint64_t kClusterCountMax = std::uint64_t{1} << 55;

// `size` bytes, little-endian; signed: the topmost bit goes on upwards.
std::uint64_t number(Bytes bytes, bool is_signed) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    value |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
  }
  bool negative = is_signed && !bytes.empty() && bytes.size() < 8 &&
                  (bytes.back() & std::byte{0x80}) != std::byte{0};
  if (negative) value |= ~std::uint64_t{0} << (8 * bytes.size());
  return value;
}

// A pair without a delta is a hole; NT 4 wrote LCN -1 for one.
bool is_hole(std::size_t delta_size, std::uint64_t delta, std::uint64_t lcn,
             Holes holes) {
  if (holes == Holes::refuse) return false;
  return delta_size == 0 || (lcn == 0 && delta == UINT64_MAX);
}

}  // namespace

Result<std::vector<Run>> decode_runs(Bytes pairs, std::uint64_t cluster_count,
                                     Holes holes) {
  std::vector<Run> runs;
  std::uint64_t lcn = 0;
  std::uint64_t total = 0;
  for (std::size_t at = 0; at < pairs.size();) {
    auto sizes = std::to_integer<unsigned>(pairs[at]);
    if (sizes == 0) return runs;
    std::size_t count_size = sizes & 15;
    std::size_t delta_size = sizes >> 4;
    if (count_size == 0 || count_size > 8 || delta_size > 8 ||
        (delta_size == 0 && holes == Holes::refuse) ||
        count_size + delta_size > pairs.size() - at - 1 ||
        runs.size() == kRunCountMax) {
      return Error(Errc::corrupt,
                   fmt::format("mapping pair 0x{:02x} at byte {} can't be", sizes, at));
    }
    std::uint64_t count = number(pairs.subspan(at + 1, count_size), false);
    std::uint64_t delta = number(pairs.subspan(at + 1 + count_size, delta_size), true);
    bool hole = is_hole(delta_size, delta, lcn, holes);
    if (!hole) lcn += delta;
    if (count == 0 || (hole ? count > kClusterCountMax
                            : !checked::within(lcn, count, cluster_count))) {
      return Error(Errc::corrupt,
                   fmt::format("{} clusters at {} aren't on a volume of {}", count, lcn,
                               cluster_count));
    }
    total += count;
    if (total > kClusterCountMax) {
      return Error(Errc::corrupt,
                   fmt::format("{} clusters can't be of one file", total));
    }
    runs.push_back({hole ? kHole : lcn, count});
    at += 1 + count_size + delta_size;
  }
  return Error(Errc::corrupt, "mapping pairs have no end");
}

std::uint64_t count_clusters(const std::vector<Run>& runs) {
  std::uint64_t count = 0;
  for (const Run& run : runs) count += run.count;
  return count;
}

}  // namespace drydock::ntfs
