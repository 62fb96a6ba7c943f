#include <fmt/format.h>

#include <algorithm>

#include "ntfs/logfile/apply.h"
#include "vhd/base/checked.h"
#include "vhd/base/endian.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

struct BitRange {
  le32 first;
  le32 count;
};

Done change_bits(MutableBytes block, const Change& change, bool value) {
  // A change of fewer bytes names no bits, and is refused below.
  auto range = load<BitRange>(change.bytes).value_or(BitRange{~0u, ~0u});
  std::uint64_t size = block.size() * 8;
  if (!checked::within(range.first, range.count, size)) {
    return Error(Errc::corrupt,
                 fmt::format("{} bits at {} aren't in a bitmap's {} bytes",
                             std::uint32_t{range.count}, std::uint32_t{range.first},
                             block.size()));
  }
  std::uint64_t first = range.first;
  for (std::uint64_t bit = first; bit < first + range.count; ++bit) {
    std::byte mask{static_cast<unsigned char>(1u << (bit % 8))};
    std::byte& byte = block[bit / 8];
    byte = value ? byte | mask : byte & ~mask;
  }
  return {};
}

}  // namespace

Done update_nonresident_value(MutableBytes block, const Change& change) {
  // Of an index block, all that is used of it: so it was seen, and no other way.
  bool whole = change.bytes.size() == block.size();
  if (!whole && (change.record_offset != 0 || change.attribute_offset != 0 ||
                 change.bytes.size() > block.size())) {
    return Error(Errc::corrupt,
                 fmt::format("{} bytes at {} aren't an index block of {}",
                             change.bytes.size(), change.record_offset, block.size()));
  }
  std::ranges::copy(change.bytes, block.begin());
  return {};
}

Done set_bits(MutableBytes block, const Change& change) {
  return change_bits(block, change, true);
}

Done clear_bits(MutableBytes block, const Change& change) {
  return change_bits(block, change, false);
}

}  // namespace drydock::ntfs
