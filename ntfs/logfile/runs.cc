#include "ntfs/logfile/runs.h"

#include <fmt/format.h>

#include "vhd/base/checked.h"

namespace drydock::ntfs {

namespace {

// Fewer than a record of 64 KiB can hold.
constexpr std::size_t kRunCountMax = 32 << 10;

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

}  // namespace

Result<std::vector<Run>> decode_runs(Bytes pairs, std::uint64_t cluster_count) {
  std::vector<Run> runs;
  std::uint64_t lcn = 0;
  for (std::size_t at = 0; at < pairs.size();) {
    auto sizes = std::to_integer<unsigned>(pairs[at]);
    if (sizes == 0) return runs;
    std::size_t count_size = sizes & 15;
    std::size_t delta_size = sizes >> 4;
    if (count_size == 0 || count_size > 8 || delta_size == 0 || delta_size > 8 ||
        count_size + delta_size > pairs.size() - at - 1 ||
        runs.size() == kRunCountMax) {
      return Error(Errc::corrupt,
                   fmt::format("mapping pair 0x{:02x} at byte {} can't be", sizes, at));
    }
    std::uint64_t count = number(pairs.subspan(at + 1, count_size), false);
    lcn += number(pairs.subspan(at + 1 + count_size, delta_size), true);
    if (count == 0 || !checked::within(lcn, count, cluster_count)) {
      return Error(Errc::corrupt,
                   fmt::format("{} clusters at {} aren't on a volume of {}", count, lcn,
                               cluster_count));
    }
    runs.push_back({lcn, count});
    at += 1 + count_size + delta_size;
  }
  return Error(Errc::corrupt, "mapping pairs have no end");
}

}  // namespace drydock::ntfs
