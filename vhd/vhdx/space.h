// Which of the file's bytes nothing is at, so that something can be put there.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "vhd/vhdx/region_table.h"

namespace drydock::vhdx {

class Space {
 public:
  // `taken` is ascending; what of the file isn't in it, past the headers, is free.
  Space(const std::vector<Region>& taken, std::uint64_t file_size);

  // A stretch of `length`, a multiple of 1 MiB: the first that is free below
  // `end_max`.  What is there may be anything.
  std::optional<std::uint64_t> take(std::uint64_t length, std::uint64_t end_max);

  // Gives a stretch back.
  void give(std::uint64_t offset, std::uint64_t length);

 private:
  std::map<std::uint64_t, std::uint64_t> free_;  // begin and end, whole MiB
};

}  // namespace drydock::vhdx
