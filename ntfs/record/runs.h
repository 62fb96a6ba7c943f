// Where an attribute's clusters are: NTFS's mapping pairs, decoded.

#pragma once

#include <cstdint>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::ntfs {

// A run of clusters that lie together on the volume, or of ones that don't lie
// anywhere and read as zeros.
struct Run {
  std::uint64_t lcn = 0;    // kHole where there are none
  std::uint64_t count = 0;  // in clusters
};

inline constexpr std::uint64_t kHole = UINT64_MAX;

enum class Holes : std::uint8_t { refuse, allow };

// The runs of `pairs`, in order.  corrupt where one isn't wholly on a volume of
// `cluster_count` clusters, or is a hole where there can't be any: NTFS's own
// files that come before a replay have none.
Result<std::vector<Run>> decode_runs(Bytes pairs, std::uint64_t cluster_count,
                                     Holes holes = Holes::refuse);

// How many clusters they describe; fewer than 2^63, which decode_runs() checks.
std::uint64_t count_clusters(const std::vector<Run>& runs);

}  // namespace drydock::ntfs
