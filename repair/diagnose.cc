#include "repair/diagnose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace drydock::repair {

namespace {

// Not for what a partition of this type is: Windows keeps it empty.
bool holds_no_volume(const Disk& disk, const VolumeReport& volume) {
  const partition::Partition* partition = disk.find_partition(volume.number);
  return partition != nullptr && partition->type == partition::type::msr &&
         volume.file_system.empty();
}

Examined examine_volume(const VolumeReport& volume) {
  Examined examined;
  examined.what =
      volume.file_system.empty()
          ? fmt::format("partition {}", volume.number)
          : fmt::format("partition {} ({})", volume.number, volume.file_system);
  if (!volume.facts) {
    examined.verdict = Verdict::could_not_tell;
    examined.why = volume.problem;
    return examined;
  }
  std::vector<std::string_view> states;
  for (VolumeState state : volume.facts->states) {
    if (state != VolumeState::clean) states.push_back(to_string(state));
  }
  if (states.empty()) return examined;
  examined.verdict = Verdict::could_not_tell;
  examined.why = fmt::format(
      "it is {}: what was read may not be what Windows will find, and nothing is "
      "written to it",
      fmt::join(states, ", "));
  return examined;
}

// What one recipe says of one Windows, added to `diagnosis`.
void examine(const Recipe& recipe, const Installation& windows, std::size_t index,
             const Settings& settings, Diagnosis& diagnosis) {
  Examined examined;
  examined.what = examination_name(recipe, windows);
  Result<Recipe::Findings> findings = recipe.examine(windows, settings);
  if (!findings) {
    examined.verdict = Verdict::could_not_tell;
    examined.why = findings.error().describe();
    examined.code = findings.error().code();
  } else {
    if (!findings->empty()) examined.verdict = Verdict::fault;
    for (Finding& finding : *findings) {
      finding.installation = index;
      diagnosis.findings.push_back(std::move(finding));
    }
  }
  diagnosis.examined.push_back(std::move(examined));
}

// A fault where anything is one; else could_not_tell where anything is.
Verdict sum_of(const std::vector<Examined>& examined) {
  auto any = [&](Verdict verdict) {
    return std::any_of(examined.begin(), examined.end(),
                       [&](const Examined& one) { return one.verdict == verdict; });
  };
  if (any(Verdict::fault)) return Verdict::fault;
  return any(Verdict::could_not_tell) ? Verdict::could_not_tell : Verdict::healthy;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::healthy:
      return "healthy";
    case Verdict::fault:
      return "fault";
    case Verdict::could_not_tell:
      return "could_not_tell";
  }
  return "could_not_tell";
}

std::string examination_name(const Recipe& recipe, const Installation& windows) {
  return fmt::format("{} on {}", recipe.id(), windows.show());
}

std::vector<const Recipe*> automatic_recipes() {
  std::vector<const Recipe*> automatic;
  for (const Recipe* recipe : all_recipes()) {
    if (recipe->automatic()) automatic.push_back(recipe);
  }
  return automatic;
}

Diagnosis diagnose(const Disk& disk, const std::vector<const Recipe*>& recipes,
                   const Settings& settings, std::optional<std::size_t> installation) {
  Diagnosis diagnosis;
  for (const VolumeReport& volume : disk.volumes()) {
    if (holds_no_volume(disk, volume)) continue;
    diagnosis.examined.push_back(examine_volume(volume));
  }
  const auto& found = disk.installations();
  if (found.empty()) {
    diagnosis.examined.push_back(
        {.what = "Windows",
         .verdict = Verdict::could_not_tell,
         .why = "no volume that could be opened has a folder with "
                "System32\\config\\SYSTEM in it",
         .code = Errc::not_found});
  }
  const std::vector<const Recipe*>& used =
      recipes.empty() ? automatic_recipes() : recipes;
  for (std::size_t index = 0; index < found.size(); ++index) {
    if (installation && *installation != index) continue;
    for (const Recipe* recipe : used) {
      examine(*recipe, *found[index], index, settings, diagnosis);
    }
  }
  diagnosis.verdict = sum_of(diagnosis.examined);
  return diagnosis;
}

}  // namespace drydock::repair
