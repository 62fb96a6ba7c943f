#include "repair/touched_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/check/touched.h"
#include "ntfs/open_volume.h"
#include "vhd/base/try.h"
#include "vhd/slice.h"

namespace drydock::repair {

namespace {

struct Place {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

Place place_of(const Disk& disk, std::uint32_t number) {
  const partition::Partition* partition = disk.find_partition(number);
  if (partition == nullptr) return {.offset = 0, .size = disk.device().size()};
  return {.offset = partition->offset, .size = partition->size};
}

// What of `changes` is in the volume, counted from its start.
std::vector<ntfs::ByteRange> ranges_in(const Place& place,
                                       const std::vector<Overlay::Change>& changes) {
  std::vector<ntfs::ByteRange> ranges;
  for (const Overlay::Change& change : changes) {
    std::uint64_t first = std::max(change.offset, place.offset);
    std::uint64_t end =
        std::min(change.offset + change.after.size(), place.offset + place.size);
    if (first < end) {
      ranges.push_back({.offset = first - place.offset, .length = end - first});
    }
  }
  return ranges;
}

// Where BitLocker encrypts it, each byte of the plain volume but the first few sectors
// is where its cipher is.
Result<VolumeCheck> check_at(const Disk& disk, const DevicePtr& device,
                             const Place& place,
                             const std::vector<ntfs::ByteRange>& ranges) {
  DevicePtr part = TRY(Slice::create(device, place.offset, place.size));
  DevicePtr volume = TRY(open_plain(std::move(part), disk.options()));
  return ntfs::check_touched(*volume, ranges);
}

bool has(const VolumeCheck& check, const VolumeProblem& problem) {
  return std::ranges::any_of(check.problems, [&](const VolumeProblem& known) {
    return known.rule == problem.rule && known.where == problem.where &&
           known.what == problem.what;
  });
}

Done check_volume_after(const Disk& disk, const DevicePtr& before,
                        const DevicePtr& after, const Place& place,
                        const std::vector<ntfs::ByteRange>& ranges) {
  auto now = check_at(disk, after, place, ranges);
  if (now && now->error_count == 0) return {};
  // It had faults that are none of ours, or isn't one that can be looked into.
  auto then = check_at(disk, before, place, ranges);
  if (!then) return {};
  if (!now) return std::move(now).error();
  for (const VolumeProblem& problem : now->problems) {
    if (problem.severity != Severity::error || has(*then, problem)) continue;
    return Error(Errc::corrupt, fmt::format("the change was rehearsed and would break "
                                            "{}: {}",
                                            problem.rule, problem.what))
        .in(problem.where);
  }
  return {};
}

}  // namespace

Done check_touched_volumes(const Disk& disk, const DevicePtr& before,
                           const DevicePtr& after,
                           const std::vector<Overlay::Change>& changes) {
  for (std::uint32_t number : disk.volume_numbers()) {
    Place place = place_of(disk, number);
    auto ranges = ranges_in(place, changes);
    if (ranges.empty()) continue;
    auto file_system = disk.file_system(number);
    if (!file_system || *file_system != "ntfs") continue;
    TRY(check_volume_after(disk, before, after, place, ranges)
            .in(fmt::format("partition {}", number)));
  }
  return {};
}

}  // namespace drydock::repair
