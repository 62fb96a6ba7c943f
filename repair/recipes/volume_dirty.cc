// A volume is marked for chkdsk, which Windows runs at its next start.  The mark may
// say the truth, and so it is taken away only by who asks for it, and only where a
// whole check of the volume finds nothing.

#include <fmt/format.h>

#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

class VolumeDirty final : public Recipe {
 public:
  std::string_view id() const override { return "volume.dirty"; }
  std::string_view summary() const override {
    return "a volume is marked for chkdsk, which Windows runs at its next start";
  }
  std::string_view reads() const override {
    return "each volume's mark; to mend it, all that `drydock check` does";
  }
  std::string_view writes() const override {
    return "the mark, where a check of the whole volume finds nothing";
  }
  bool of_disk() const override { return true; }
  Unasked unasked() const override { return Unasked::examines; }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const Disk& disk = subject.disk;
    Findings findings;
    for (std::uint32_t number : disk.volume_numbers()) {
      auto volume = disk.volume(number);
      if (!volume) continue;  // diagnose() says so of each volume.
      VolumeCondition condition = TRY((*volume)->condition());
      if (!condition.has(VolumeState::dirty)) continue;
      Finding finding;
      finding.recipe = id();
      finding.what =
          "the volume is marked for chkdsk, which Windows runs at its next start";
      finding.where = disk.show({.partition = number, .path = "\\"});
      finding.evidence = condition.reasons;
      findings.push_back(std::move(finding));
    }
    return findings;
  }

  Done mend(const Subject& subject, const Finding& finding, const Settings&,
            Plan& plan) const override {
    const Disk& disk = subject.disk;
    for (std::uint32_t number : disk.volume_numbers()) {
      if (disk.show({.partition = number, .path = "\\"}) != finding.where) continue;
      auto wound = TRY(disk.find_wound(number, VolumePart::dirty_mark));
      if (!wound) return Error(Errc::unsupported, "the mark isn't what is wrong");
      plan.notes.push_back(
          fmt::format("{}: {}", finding.where, wound->evidence.front()));
      plan.edits.push_back(
          {.action = VolumeMend{.partition = number, .part = VolumePart::dirty_mark},
           .why = finding.what});
      return {};
    }
    return Error(Errc::not_found, "there is no such volume").in(finding.where);
  }
};

}  // namespace

const Recipe& volume_dirty() {
  static const VolumeDirty recipe;
  return recipe;
}

}  // namespace drydock::repair
