// Where an attribute's clusters are: NTFS's mapping pairs, decoded.

#pragma once

#include <cstdint>
#include <vector>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::ntfs {

// A run of clusters that lie together on the volume.
struct Run {
  std::uint64_t lcn = 0;
  std::uint64_t count = 0;  // in clusters
};

// The runs of `pairs`, in order.  corrupt where one isn't wholly on a volume of
// `cluster_count` clusters, or isn't there at all: NTFS's own files that come
// before a replay have no holes.
Result<std::vector<Run>> decode_runs(Bytes pairs, std::uint64_t cluster_count);

}  // namespace drydock::ntfs
