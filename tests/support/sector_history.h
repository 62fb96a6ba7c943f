// What each sector of a disk may show after a power cut: what it held at the last
// flush, or what was written to it since; one value a sector, so that a mix of two is
// seen.

#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/support/vhdx_builder.h"
#include "vhd/base/random_guid.h"
#include "vhd/base/try.h"
#include "vhd/block_device.h"

namespace drydock::testing {

inline constexpr std::uint64_t kSectorSize = 512;

// GUIDs that count up, so that runs repeat.
inline MakeGuid guids_from(std::uint64_t from) {
  return [count = std::make_shared<std::uint64_t>(from)]() -> Result<Guid> {
    Guid guid;
    put(guid.bytes, 0, 8, ++*count);
    return guid;
  };
}

// Which values each sector may show.  A sector that isn't listed shows its
// block's first value.
class SectorHistory {
 public:
  SectorHistory(std::uint64_t size, std::map<std::uint64_t, unsigned> blocks,
                std::uint64_t block_size = kMiB)
      : size_(size),
        sizes_({size}),
        block_size_(block_size),
        blocks_(std::move(blocks)) {}

  void written(std::uint64_t offset, std::uint64_t length, unsigned value) {
    for (std::uint64_t at = offset; at < offset + length; at += kSectorSize) {
      auto& values = sectors_.try_emplace(at, std::set{first_value(at)}).first->second;
      values.insert(value);
      last_[at] = value;
    }
  }
  void flushed() {
    for (const auto& [at, value] : last_) sectors_[at] = {value};
    sizes_ = {size_};
  }
  // The disk gets another size; nothing but zeros is past the end of either.
  void resized(std::uint64_t size) {
    std::uint64_t end = std::min(sectors_end(), size_);
    for (std::uint64_t at = size; at < end; at += kSectorSize) {
      written(at, kSectorSize, 0);
    }
    size_ = size;
    sizes_.insert(size);
  }

  Done judge(const BlockDevice& disk) const {
    if (!sizes_.contains(disk.size())) {
      return Error(Errc::corrupt,
                   "the disk has " + std::to_string(disk.size()) + " bytes");
    }
    ByteVector buffer(block_size_);
    for (std::uint64_t at = 0; at < disk.size();) {
      Extent extent = TRY(disk.extent(at));
      if (extent.zero) {
        TRY(judge_zeros(at, at + extent.length));
        at += extent.length;
        continue;
      }
      std::uint64_t length = std::min(extent.length, block_size_ - at % block_size_);
      MutableBytes bytes = MutableBytes(buffer).first(length);
      TRY(disk.read(at, bytes));
      for (auto listed = sectors_.lower_bound(at);
           listed != sectors_.end() && listed->first < at + length; ++listed) {
        MutableBytes sector = bytes.subspan(listed->first - at, kSectorSize);
        TRY(judge_run(listed->first, sector, listed->second));
        std::memset(sector.data(), static_cast<int>(first_value(at)), kSectorSize);
      }
      TRY(judge_run(at, bytes, {first_value(at)}));
      at += length;
    }
    return {};
  }
  // Only the first of each block that held anything, and of the sectors that were
  // written those that have another history than the one before: enough for a disk that
  // was judged whole a moment ago.  `settled` are sectors that were flushed since.
  Done judge_again(const BlockDevice& disk,
                   const std::map<std::uint64_t, unsigned>& settled = {}) const {
    ByteVector sector(kSectorSize);
    for (const auto& [block, value] : blocks_) {
      std::uint64_t at = block * block_size_;
      if (sectors_.contains(at) || settled.contains(at) || at >= disk.size()) continue;
      TRY(disk.read(at, sector));
      TRY(judge_run(at, sector, {value}));
    }
    const std::set<unsigned>* before = nullptr;
    for (const auto& [at, values] : sectors_) {
      if (at >= disk.size()) break;
      bool alike = before != nullptr && *before == values;
      before = &values;
      if (alike || settled.contains(at)) continue;
      TRY(disk.read(at, sector));
      TRY(judge_run(at, sector, values));
    }
    for (const auto& [at, value] : settled) {
      TRY(disk.read(at, sector));
      TRY(judge_run(at, sector, {value}));
    }
    return {};
  }
  // Whether the disk must still be as it was before everything.
  bool is_untouched(const BlockDevice& disk) const {
    SectorHistory untouched(size_, blocks_, block_size_);
    return static_cast<bool>(untouched.judge(disk));
  }

 private:
  // Where anything was ever seen.
  std::uint64_t sectors_end() const {
    std::uint64_t end = sectors_.empty() ? 0 : sectors_.rbegin()->first + kSectorSize;
    if (!blocks_.empty())
      end = std::max(end, (blocks_.rbegin()->first + 1) * block_size_);
    return end;
  }
  // Of a run that is known to be zeros.
  Done judge_zeros(std::uint64_t begin, std::uint64_t end) const {
    static const ByteVector kZeros(kSectorSize);
    for (auto listed = sectors_.lower_bound(begin);
         listed != sectors_.end() && listed->first < end; ++listed) {
      TRY(judge_run(listed->first, kZeros, listed->second));
    }
    for (const auto& [block, value] : blocks_) {
      for (std::uint64_t at = std::max(begin, block * block_size_);
           at < std::min(end, (block + 1) * block_size_); at += kSectorSize) {
        if (!sectors_.contains(at)) TRY(judge_run(at, kZeros, {value}));
      }
    }
    return {};
  }
  unsigned first_value(std::uint64_t at) const {
    auto found = blocks_.find(at / block_size_);
    return found == blocks_.end() ? 0 : found->second;
  }
  static Done judge_run(std::uint64_t at, Bytes bytes,
                        const std::set<unsigned>& values) {
    unsigned value = std::to_integer<unsigned>(bytes[0]);
    bool whole = std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
    if (values.contains(value) && whole) return {};
    return Error(Errc::corrupt, "the bytes at " + std::to_string(at) + " show " +
                                    std::to_string(value) +
                                    (whole ? "" : " and others"));
  }

  std::uint64_t size_;
  std::set<std::uint64_t> sizes_;  // that the disk may have
  std::uint64_t block_size_;
  std::map<std::uint64_t, unsigned> blocks_;
  std::map<std::uint64_t, std::set<unsigned>> sectors_;
  std::map<std::uint64_t, unsigned> last_;
};

}  // namespace drydock::testing
