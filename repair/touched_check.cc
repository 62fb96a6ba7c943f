#include "repair/touched_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "ntfs/check/touched.h"
#include "ntfs/open_volume.h"
#include "ntfs/volume_check.h"
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

// What was touched of NTFS.  Of FAT everything: only a walk over all of its directories
// tells who else has a cluster, and its volumes are small.
//
// Where BitLocker encrypts it, each byte of the plain volume but the first few sectors
// is where its cipher is.
Result<VolumeCheck> check_at(const Disk& disk, const DevicePtr& device,
                             const Place& place,
                             const std::vector<ntfs::ByteRange>& ranges) {
  DevicePtr part = TRY(Slice::create(device, place.offset, place.size));
  DevicePtr volume = TRY(open_plain(std::move(part), disk.options()));
  std::string kind = TRY(detect_file_system(*volume));
  if (kind != "ntfs") return check_volume(volume);
  return ntfs::check_touched(*volume, ranges);
}

std::ptrdiff_t count_errors(const VolumeCheck& check, std::string_view rule) {
  return std::ranges::count_if(check.problems, [&](const VolumeProblem& problem) {
    return problem.severity == Severity::error && problem.rule == rule;
  });
}

// Whether `then` had it too.  A file that was renamed takes its faults along, and a
// fault of two files is told of the one that is met second: so many of a rule stay
// as many.
bool was_there(const VolumeCheck& then, const VolumeCheck& now,
               const VolumeProblem& problem) {
  bool same = std::ranges::any_of(then.problems, [&](const VolumeProblem& known) {
    return known.rule == problem.rule && known.where == problem.where &&
           known.what == problem.what;
  });
  return same || count_errors(now, problem.rule) <= count_errors(then, problem.rule);
}

bool is_checked(std::string_view file_system) {
  return file_system == "ntfs" || file_system.starts_with("fat");
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
    if (problem.severity != Severity::error) continue;
    if (was_there(*then, *now, problem)) continue;
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
    if (!file_system || !is_checked(*file_system)) continue;
    TRY(check_volume_after(disk, before, after, place, ranges)
            .in(fmt::format("partition {}", number)));
  }
  return {};
}

}  // namespace drydock::repair
