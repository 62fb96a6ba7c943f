#include "repair/recovery.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/hive_files.h"
#include "repair/hive_logs.h"
#include "repair/installation.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

void add_volume(const Disk& disk, std::uint32_t number, Plan& plan) {
  std::string place = disk.show({.partition = number, .path = "\\"});
  auto volume = disk.volume(number);
  if (!volume) {
    // What bears no mark, or one that we don't read, is info's to name.
    Errc code = volume.error().code();
    if (code != Errc::not_found && code != Errc::unsupported) {
      plan.notes.push_back(
          fmt::format("{} is left as it is: {}", place, volume.error().words()));
    }
    return;
  }
  auto condition = (*volume)->condition();
  if (!condition) {
    plan.notes.push_back(std::move(condition).error().in(place).describe());
    return;
  }
  bool unfinished = condition->has(VolumeState::log_unfinished) ||
                    condition->has(VolumeState::hibernated);
  if (!unfinished) return;
  Done possible = (*volume)->check_settle();
  if (!possible) {
    plan.notes.push_back(
        fmt::format("{} is left as it is: {}", place, possible.error().words()));
    return;
  }
  plan.edits.push_back({.action = VolumeSettle{.partition = number},
                        .why = "its last user left work unfinished"});
}

bool contains(const std::vector<GuestPath>& paths, const GuestPath& path) {
  return std::ranges::any_of(paths, [&](const GuestPath& other) {
    return other.partition == path.partition &&
           equal_ignoring_case(other.path, path.path);
  });
}

void add_hive(const Disk& disk, const GuestPath& path, Plan& plan) {
  auto hive = open_hive(disk, path);
  if (!hive) {
    plan.notes.push_back(fmt::format("{} is left as it is: {}", disk.show(path),
                                     hive.error().describe()));
  } else if (hive->recovery().state == hive::RecoveryState::recovered) {
    plan.edits.push_back({.action = HiveReplay{.hive = path}, .why = {}});
  } else if (hive->dirty()) {
    plan.notes.push_back(fmt::format("{} is left as it is: {}", disk.show(path),
                                     hive->recovery().reason));
  }
}

}  // namespace

Plan recovery_plan(const Disk& disk) {
  Plan plan;
  if (disk.image() && disk.image()->log == ImageLog::pending) {
    plan.edits.push_back(
        {.action = ImageReplay{}, .why = "the image's last writer was interrupted"});
  }
  for (std::uint32_t number : disk.volume_numbers()) add_volume(disk, number, plan);
  std::vector<GuestPath> hives;
  for (const auto& windows : disk.installations()) {
    for (GuestPath& path : dirty_hive_files(*windows)) {
      if (!contains(hives, path)) hives.push_back(std::move(path));
    }
  }
  for (const GuestPath& path : hives) add_hive(disk, path, plan);
  return plan;
}

}  // namespace drydock::repair
