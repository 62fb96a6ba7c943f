#include "ntfs/ntfs/read_ahead.h"

#include <algorithm>
#include <utility>

#include "vhd/base/checked.h"

namespace drydock::ntfs {

namespace {

// An index block or a file record is smaller.  What is larger is worth a read.
constexpr std::size_t kSmallReadMax = 16 << 10;
// The first span costs hardly more than the read that it stands for.
constexpr std::uint64_t kSpanMin = 32 << 10;
// Thirty-two index blocks: what a read costs beside its bytes is gone, and the
// bytes are still in the processor's cache when they are asked for.
constexpr std::uint64_t kSpanMax = 128 << 10;

}  // namespace

bool ReadAhead::holds(std::uint64_t offset, std::size_t length) const {
  return offset >= span_offset_ &&
         checked::within(offset - span_offset_, length, span_.size());
}

Done ReadAhead::read_span(const BlockDevice& device, std::uint64_t offset) {
  span_length_ = std::clamp(2 * span_length_, kSpanMin, kSpanMax);
  span_.resize(std::min(span_length_, device.size() - std::min(offset, device.size())));
  span_offset_ = offset;
  Done done = device.read(offset, span_);
  if (!done) span_.clear();
  return done;
}

Done ReadAhead::read(const BlockDevice& device, std::uint64_t offset,
                     MutableBytes into) {
  if (into.size() > kSmallReadMax || !works_) return device.read(offset, into);
  std::uint64_t end = std::exchange(end_, offset + into.size());
  if (!holds(offset, into.size())) {
    if (offset != end) {
      span_length_ = 0;
      return device.read(offset, into);
    }
    works_ = bool(read_span(device, offset));
    if (!works_ || !holds(offset, into.size())) return device.read(offset, into);
  }
  auto from = span_.begin() + static_cast<std::ptrdiff_t>(offset - span_offset_);
  std::copy_n(from, into.size(), into.begin());
  return {};
}

void ReadAhead::forget() { span_.clear(); }

}  // namespace drydock::ntfs
