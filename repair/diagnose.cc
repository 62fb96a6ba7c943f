#include "repair/diagnose.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

// Not for what a partition of this type is: Windows keeps it empty.
bool holds_no_volume(const Disk& disk, std::uint32_t number,
                     const std::string& file_system) {
  const partition::Partition* partition = disk.find_partition(number);
  return partition != nullptr && partition->type == partition::type::msr &&
         file_system.empty();
}

// What an unclean volume is that no recipe of ours mends: only Windows does.
void add_state_findings(const Disk& disk, std::uint32_t number,
                        const VolumeCondition& condition, Diagnosis& diagnosis) {
  auto add = [&](VolumeState state, std::string_view recipe, std::string what) {
    if (!condition.has(state)) return;
    diagnosis.findings.push_back(
        {.recipe = std::string(recipe),
         .what = std::move(what),
         .where = disk.show({.partition = number, .path = "\\"}),
         .evidence = condition.reasons});
  };
  add(VolumeState::hibernated, kVolumeHibernated,
      "a Windows that was not shut down remembers what this volume held");
}

void examine_volume(const Disk& disk, std::uint32_t number, Diagnosis& diagnosis) {
  auto name = disk.file_system(number);
  std::string file_system = name ? *name : std::string();
  if (holds_no_volume(disk, number, file_system)) return;
  Examined examined;
  examined.what = file_system.empty()
                      ? fmt::format("partition {}", number)
                      : fmt::format("partition {} ({})", number, file_system);
  auto look = [&]() -> Result<VolumeCondition> {
    return TRY(disk.volume(number))->condition();
  };
  auto condition = look();
  if (!condition) {
    examined.verdict = Verdict::could_not_tell;
    examined.why = condition.error().describe();
    diagnosis.examined.push_back(std::move(examined));
    return;
  }
  if (!condition->clean()) examined.verdict = Verdict::fault;
  if (!condition->shown_as_found()) {
    examined.verdict = Verdict::could_not_tell;
    examined.why = fmt::format(
        "{}{}: what was read may not be what Windows will find",
        fmt::join(condition->reasons, "; "),
        condition->replay_problem.empty()
            ? std::string()
            : fmt::format(", and it can't be replayed: {}", condition->replay_problem));
  }
  add_state_findings(disk, number, *condition, diagnosis);
  diagnosis.examined.push_back(std::move(examined));
}

// What is wrong with the disk as a whole is found for each Windows on it.
bool is_known(const Finding& finding, const Diagnosis& diagnosis) {
  if (!finding.of_disk) return false;
  return std::ranges::any_of(diagnosis.findings, [&](const Finding& known) {
    return known.recipe == finding.recipe && known.where == finding.where &&
           known.what == finding.what;
  });
}

// What one recipe says of the disk or of one Windows, added to `diagnosis`.
void examine(const Recipe& recipe, const Subject& subject, std::size_t index,
             const Settings& settings, Diagnosis& diagnosis) {
  Examined examined;
  examined.what = examination_name(recipe, subject);
  Result<Recipe::Findings> findings = recipe.examine(subject, settings);
  if (!findings) {
    examined.verdict = Verdict::could_not_tell;
    examined.why = findings.error().describe();
    examined.code = findings.error().code();
  } else {
    if (!findings->empty()) examined.verdict = Verdict::fault;
    for (Finding& finding : *findings) {
      finding.installation = index;
      finding.of_disk |= recipe.of_disk();
      if (!is_known(finding, diagnosis)) {
        diagnosis.findings.push_back(std::move(finding));
      }
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

std::string examination_name(const Recipe& recipe, const Subject& subject) {
  return fmt::format(
      "{} on {}", recipe.id(),
      recipe.of_disk() ? std::string("the disk") : subject.windows->show());
}

std::vector<const Recipe*> automatic_recipes() {
  std::vector<const Recipe*> automatic;
  for (const Recipe* recipe : all_recipes()) {
    if (recipe->unasked() == Recipe::Unasked::mends) automatic.push_back(recipe);
  }
  return automatic;
}

std::vector<const Recipe*> examining_recipes() {
  std::vector<const Recipe*> examining;
  for (const Recipe* recipe : all_recipes()) {
    if (recipe->unasked() != Recipe::Unasked::nothing) examining.push_back(recipe);
  }
  return examining;
}

Diagnosis diagnose(const Disk& disk, const std::vector<const Recipe*>& recipes,
                   const Settings& settings, std::optional<std::size_t> installation) {
  Diagnosis diagnosis;
  for (std::uint32_t number : disk.volume_numbers()) {
    examine_volume(disk, number, diagnosis);
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
      recipes.empty() ? examining_recipes() : recipes;
  for (const Recipe* recipe : used) {
    if (recipe->of_disk()) examine(*recipe, {.disk = disk}, 0, settings, diagnosis);
  }
  for (std::size_t index = 0; index < found.size(); ++index) {
    if (installation && *installation != index) continue;
    Subject subject{.disk = disk, .windows = found[index].get()};
    for (const Recipe* recipe : used) {
      if (!recipe->of_disk()) examine(*recipe, subject, index, settings, diagnosis);
    }
  }
  diagnosis.verdict =
      diagnosis.findings.empty() ? sum_of(diagnosis.examined) : Verdict::fault;
  return diagnosis;
}

}  // namespace drydock::repair
