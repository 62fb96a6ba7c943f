// A volume was in use when the snapshot was taken, or when the machine died:
// its $LogFile holds changes that the volume lacks, and halves of changes that
// have to be taken back.  NTFS does so when it mounts.  A volume in this state
// must not be written by anybody else before.

#include <fmt/format.h>

#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

// A finding's place, and the partition's number in it.
std::string place_of(const Disk& disk, std::uint32_t partition) {
  return fmt::format("partition {} ({})", partition,
                     disk.show({.partition = partition, .path = "\\"}));
}

class NtfsLogUnfinished final : public Recipe {
 public:
  std::string_view id() const override { return "ntfs.log-unfinished"; }
  bool of_disk() const override { return true; }
  std::string_view summary() const override {
    return "a volume's $LogFile holds work that the volume lacks";
  }
  std::string_view reads() const override { return "$LogFile of each NTFS volume"; }
  std::string_view writes() const override {
    return "what the log says; two clean restart pages";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const Disk& disk = subject.disk;
    Findings findings;
    for (std::uint32_t number : disk.volume_numbers()) {
      auto volume = disk.volume(number);
      if (!volume) continue;  // diagnose() says so of each volume.
      VolumeCondition condition = TRY((*volume)->condition());
      if (!condition.has(VolumeState::log_unfinished)) continue;
      Finding finding;
      finding.recipe = id();
      finding.what = "the volume was in use, and its $LogFile was not replayed since";
      finding.where = place_of(disk, number);
      finding.evidence = condition.reasons;
      if (condition.replay) {
        finding.evidence.push_back("shown replayed: " + describe(*condition.replay));
      } else if (!condition.replay_problem.empty()) {
        finding.evidence.push_back("shown as it lies, because it can't be replayed: " +
                                   condition.replay_problem);
      }
      findings.push_back(std::move(finding));
    }
    return findings;
  }

  Done mend(const Subject& subject, const Finding& finding, const Settings&,
            Plan& plan) const override {
    const Disk& disk = subject.disk;
    for (std::uint32_t number : disk.volume_numbers()) {
      if (place_of(disk, number) != finding.where) continue;
      Done possible = TRY(disk.volume(number))->check_settle();
      if (!possible) return std::move(possible).error().in(finding.where);
      plan.edits.push_back(
          {.action = VolumeSettle{.partition = number}, .why = finding.what});
      return {};
    }
    return Error(Errc::not_found, "there is no such volume").in(finding.where);
  }
};

}  // namespace

const Recipe& ntfs_log_unfinished() {
  static const NtfsLogUnfinished recipe;
  return recipe;
}

}  // namespace drydock::repair
