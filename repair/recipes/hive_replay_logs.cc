// A hive of a crashed or running machine lacks what its transaction logs hold.
// Windows applies them when it loads the hive; until then nobody may edit it,
// and whoever reads it without them reads the past.

#include <fmt/format.h>

#include "repair/hive/difference.h"
#include "repair/hive_files.h"
#include "repair/hive_logs.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

using hive::RecoveryState;

// What the recovery of the hive at `path` changes; "" where that can't be told.
std::string difference_words(const Disk& disk, const GuestPath& path,
                             const hive::Hive& recovered) {
  auto compare = [&]() -> Result<hive::Difference> {
    FileSystemPtr volume = TRY(disk.volume(path.partition));
    DevicePtr data = TRY(TRY(volume->find(path.path)).data());
    return hive::difference(TRY(hive::Hive::open(*data)), recovered);
  };
  auto difference = compare();
  if (!difference) return "as it lies, the hive can't be read whole";
  return describe(*difference);
}

class HiveReplayLogs final : public Recipe {
 public:
  std::string_view id() const override { return "hive.replay-logs"; }
  std::string_view summary() const override {
    return "a hive's transaction logs hold changes that the hive lacks";
  }
  std::string_view reads() const override {
    return "the header of each hive and store; of a dirty one all, and its logs";
  }
  std::string_view writes() const override {
    return "the pages that the logs hold; the hive's header";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const Installation& windows = *subject.windows;
    const Disk& disk = windows.disk();
    Findings findings;
    for (const GuestPath& path : dirty_hive_files(windows)) {
      auto hive = open_hive(disk, path);
      Finding finding;
      finding.recipe = id();
      finding.of_disk = true;
      finding.where = disk.show(path);
      finding.what = "the hive's transaction logs hold changes that the hive lacks";
      if (!hive) {
        finding.what = "the hive is dirty, and can't be believed as it lies";
        finding.evidence.push_back(hive.error().describe());
      } else if (hive->recovery().state == RecoveryState::recovered) {
        finding.evidence = {hive->recovery().why_dirty,
                            describe_replay(hive->recovery()),
                            difference_words(disk, path, *hive)};
      } else if (hive->recovery().state == RecoveryState::not_recoverable) {
        finding.what = "the hive is dirty, and can't be recovered from its logs";
        finding.evidence = {hive->recovery().why_dirty, hive->recovery().reason};
      } else {
        continue;  // Without logs, Windows takes it as it lies.
      }
      findings.push_back(std::move(finding));
    }
    return findings;
  }

  Done mend(const Subject& subject, const Finding& finding, const Settings&,
            Plan& plan) const override {
    const Installation& windows = *subject.windows;
    for (const GuestPath& path : dirty_hive_files(windows)) {
      if (windows.disk().show(path) != finding.where) continue;
      hive::Hive hive = TRY(open_hive(windows.disk(), path));
      if (hive.recovery().state != RecoveryState::recovered) {
        return Error(Errc::unsupported, hive.recovery().reason).in(finding.where);
      }
      plan.edits.push_back({.action = HiveReplay{.hive = path}, .why = finding.what});
      return {};
    }
    return Error(Errc::not_found, "there is no such hive").in(finding.where);
  }
};

}  // namespace

const Recipe& hive_replay_logs() {
  static const HiveReplayLogs recipe;
  return recipe;
}

}  // namespace drydock::repair
