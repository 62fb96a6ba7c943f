#include "repair/hive/marvin32.h"

#include <bit>

#include "vhd/base/endian.h"

namespace drydock::hive {

namespace {

// The seed that Windows gives registry logs, 0x82ef4d887a4e55c5, in halves.
constexpr std::uint32_t kSeedLow = 0x7a4e55c5;
constexpr std::uint32_t kSeedHigh = 0x82ef4d88;
// Stands behind the last byte, in the word that pads it.
constexpr std::uint32_t kEndMark = 0x80;

class State {
 public:
  void mix(std::uint32_t word) {
    low_ += word;
    high_ ^= low_;
    low_ = std::rotl(low_, 20) + high_;
    high_ = std::rotl(high_, 9) ^ low_;
    low_ = std::rotl(low_, 27) + high_;
    high_ = std::rotl(high_, 19);
  }
  std::uint64_t value() const { return std::uint64_t{high_} << 32 | low_; }

 private:
  std::uint32_t low_ = kSeedLow;
  std::uint32_t high_ = kSeedHigh;
};

}  // namespace

std::uint64_t marvin32(Bytes bytes) {
  State state;
  std::size_t at = 0;
  for (; bytes.size() - at >= sizeof(le32); at += sizeof(le32)) {
    state.mix(*load<le32>(bytes, at));
  }
  std::uint32_t last = kEndMark;
  for (std::size_t i = bytes.size(); i > at; --i) {
    last = last << 8 | std::to_integer<std::uint32_t>(bytes[i - 1]);
  }
  state.mix(last);
  state.mix(0);
  return state.value();
}

}  // namespace drydock::hive
