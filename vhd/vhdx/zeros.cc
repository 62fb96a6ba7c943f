#include "vhd/vhdx/zeros.h"

#include <algorithm>

#include "vhd/base/try.h"
#include "vhd/vhdx/format.h"

namespace drydock::vhdx {

Done write_zeros(BlockDevice& file, std::uint64_t begin, std::uint64_t end) {
  static const ByteVector kZeros(kMiB);
  while (begin < end) {
    Extent extent = TRY(file.extent(begin));
    std::uint64_t length = std::min(extent.length, end - begin);
    if (!extent.zero) {
      length = std::min<std::uint64_t>(length, kZeros.size());
      TRY(file.write(begin, Bytes(kZeros).first(length)));
    }
    begin += length;
  }
  return {};
}

}  // namespace drydock::vhdx
