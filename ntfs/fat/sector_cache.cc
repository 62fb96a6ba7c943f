#include "ntfs/fat/sector_cache.h"

#include <algorithm>
#include <vector>

#include "vhd/base/try.h"

namespace drydock::fat {

namespace {

// Read at once when one sector of them is asked for: a directory or a chain
// goes on where it began, and a remote device charges by the request.
constexpr std::uint64_t kReadSize = 4096;

// Unchanged sectors beyond this are dropped: 4 MiB of the smallest.
constexpr std::size_t kSectorCountMax = 8192;

}  // namespace

void SectorCache::make_room() const {
  if (sectors_.size() < kSectorCountMax) return;
  std::erase_if(sectors_, [](const auto& item) { return !item.second.changed; });
}

Result<SectorCache::Sector*> SectorCache::sector(std::uint64_t number) const {
  auto found = sectors_.find(number);
  if (found != sectors_.end()) return &found->second;
  make_room();
  std::uint64_t per_read = std::max<std::uint64_t>(kReadSize / sector_size_, 1);
  std::uint64_t first = number / per_read * per_read;
  std::uint64_t end = std::min(first + per_read, device_->size() / sector_size_);
  if (number >= end) first = number, end = number + 1;  // the device refuses it
  ByteVector bytes((end - first) * sector_size_);
  TRY(device_->read(first * sector_size_, bytes));
  for (std::uint64_t i = first; i < end; ++i) {
    auto start =
        bytes.begin() + static_cast<std::ptrdiff_t>((i - first) * sector_size_);
    sectors_.try_emplace(
        i, Sector{.bytes = ByteVector(start, start + sector_size_), .changed = false});
  }
  return &sectors_.at(number);
}

// Large runs aren't kept; what was changed shines through.
Done SectorCache::read_run(std::uint64_t offset, MutableBytes into) const {
  TRY(device_->read(offset, into));
  std::uint64_t end = offset + into.size();
  for (const auto& [number, sector] : sectors_) {
    std::uint64_t start = std::max(number * sector_size_, offset);
    std::uint64_t stop = std::min((number + 1) * sector_size_, end);
    if (!sector.changed || start >= stop) continue;
    std::memcpy(into.data() + (start - offset),
                sector.bytes.data() + (start - number * sector_size_), stop - start);
  }
  return {};
}

Done SectorCache::read(std::uint64_t offset, MutableBytes into) const {
  if (into.size() > kReadSize) return read_run(offset, into);
  while (!into.empty()) {
    std::uint64_t within = offset % sector_size_;
    std::size_t length = std::min<std::size_t>(into.size(), sector_size_ - within);
    Sector* found = TRY(sector(offset / sector_size_));
    std::memcpy(into.data(), found->bytes.data() + within, length);
    into = into.subspan(length);
    offset += length;
  }
  return {};
}

Done SectorCache::write(std::uint64_t offset, Bytes from) {
  while (!from.empty()) {
    std::uint64_t within = offset % sector_size_;
    std::size_t length = std::min<std::size_t>(from.size(), sector_size_ - within);
    Sector* found = TRY(sector(offset / sector_size_));
    std::memcpy(found->bytes.data() + within, from.data(), length);
    found->changed = true;
    from = from.subspan(length);
    offset += length;
  }
  return {};
}

Done SectorCache::write_through(std::uint64_t offset, Bytes from) {
  if (from.empty()) return {};
  std::uint64_t last = (offset + from.size() - 1) / sector_size_;
  if (last - offset / sector_size_ < sectors_.size()) {
    for (std::uint64_t i = offset / sector_size_; i <= last; ++i) sectors_.erase(i);
  } else {
    std::erase_if(sectors_, [&](const auto& item) {
      return item.first >= offset / sector_size_ && item.first <= last;
    });
  }
  return device_->write(offset, from);
}

Done SectorCache::commit() {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, sector] : sectors_) {
    if (sector.changed) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  ByteVector run;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    Sector& sector = sectors_.at(numbers[i]);
    run.insert(run.end(), sector.bytes.begin(), sector.bytes.end());
    if (i + 1 < numbers.size() && numbers[i + 1] == numbers[i] + 1) continue;
    std::uint64_t end = (numbers[i] + 1) * sector_size_;
    TRY(device_->write(end - run.size(), run));
    run.clear();
  }
  for (std::uint64_t number : numbers) sectors_.at(number).changed = false;
  return {};
}

void SectorCache::rollback() {
  std::erase_if(sectors_, [](const auto& item) { return item.second.changed; });
}

}  // namespace drydock::fat
