// What a differencing VHD records of where its parent is.

#pragma once

#include <vector>

#include "vhd/image.h"
#include "vhd/vhd1/format.h"

namespace drydock::vhd1 {

// A locator's path, before it has a place in the file.
struct ParentPath {
  std::array<char, 4> code;
  ByteVector bytes;  // UTF-16, little-endian
};

struct ParentNames {
  std::array<be16, 256> name{};  // the header's field
  std::vector<ParentPath> paths;
};

// bad_argument for a path that isn't UTF-8 or is longer than Windows' can be.
Result<ParentNames> parent_names(const ParentLink& link);

}  // namespace drydock::vhd1
