#include "repair/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "repair/installation.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

// What history() keeps of a change.
std::string description_of(std::string_view what,
                           const std::vector<Outcome>& outcomes) {
  nlohmann::json edits = nlohmann::json::array();
  for (const Outcome& outcome : outcomes) {
    if (!outcome.changed) continue;
    edits.push_back({{"edit", outcome.edit},
                     {"where", outcome.where},
                     {"before", outcome.before},
                     {"after", outcome.after},
                     {"why", outcome.why}});
  }
  nlohmann::json description = {{"what", what}, {"edits", edits}};
  // Names on a disk may be WTF-8, which JSON has no place for.
  return description.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Done check_settings(const RepairOptions& options) {
  auto taken = [&](std::string_view name) {
    for (const Recipe* recipe : options.recipes) {
      for (const Recipe::Setting& setting : recipe->settings()) {
        if (setting.name == name) return true;
      }
    }
    return false;
  };
  for (const auto& [name, value] : options.settings) {
    if (taken(name)) continue;
    return Error(Errc::bad_argument,
                 fmt::format("none of the recipes named takes a setting {}", name));
  }
  for (const Recipe* recipe : options.recipes) {
    for (const Recipe::Setting& setting : recipe->settings()) {
      if (!setting.required || options.settings.contains(std::string(setting.name))) {
        continue;
      }
      return Error(Errc::bad_argument,
                   fmt::format("{} needs --set {}=VALUE: {}", recipe->id(),
                               setting.name, setting.meaning));
    }
  }
  return {};
}

// A recipe that a person named, and that couldn't look because of what they
// asked for, ends the repair; the other ways of not telling are reported.
Done check_named(const Diagnosis& diagnosis, const Installation& windows,
                 const std::vector<const Recipe*>& recipes) {
  for (const Recipe* recipe : recipes) {
    std::string name = examination_name(*recipe, windows);
    for (const Examined& examined : diagnosis.examined) {
      if (examined.what != name || !examined.code) continue;
      if (*examined.code == Errc::bad_argument || *examined.code == Errc::not_found) {
        return Error(*examined.code, examined.why).in(recipe->id());
      }
    }
  }
  return {};
}

// What the chosen recipes couldn't look at, as notes: a repair that did nothing
// because it saw nothing says so.
void note_unseen(const Diagnosis& diagnosis, const Installation& windows,
                 const std::vector<const Recipe*>& recipes,
                 std::vector<std::string>& notes) {
  for (const Recipe* recipe : recipes) {
    std::string name = examination_name(*recipe, windows);
    for (const Examined& examined : diagnosis.examined) {
      if (examined.what != name || examined.verdict != Verdict::could_not_tell)
        continue;
      notes.push_back(fmt::format("{} couldn't look: {}", recipe->id(), examined.why));
    }
  }
}

bool same(const Finding& a, const Finding& b) {
  return a.recipe == b.recipe && a.installation == b.installation &&
         a.where == b.where && a.what == b.what;
}

// Whether `after` is what the repair promised: each mended finding is gone, and
// nothing is there that wasn't before.
Done check_after(const Diagnosis& before, const Diagnosis& after,
                 const std::vector<Finding>& mended, bool discards) {
  for (const Finding& finding : after.findings) {
    auto is_same = [&](const Finding& other) { return same(finding, other); };
    if (std::any_of(mended.begin(), mended.end(), is_same)) {
      return Error(
                 Errc::corrupt,
                 fmt::format("the repair was rehearsed and didn't help: {} still finds "
                             "that {}",
                             finding.recipe, finding.what))
          .in(finding.where);
    }
    // A log that was given up leaves its volume to chkdsk, as was asked for.
    if (discards && finding.recipe == kVolumeDirty) continue;
    if (std::none_of(before.findings.begin(), before.findings.end(), is_same)) {
      return Error(Errc::corrupt,
                   fmt::format("the repair was rehearsed and would break something: {} "
                               "now finds that {}",
                               finding.recipe, finding.what))
          .in(finding.where);
    }
  }
  for (const Examined& examined : after.examined) {
    if (examined.verdict != Verdict::could_not_tell) continue;
    auto could = [&](const Examined& other) {
      return other.what == examined.what && other.verdict != Verdict::could_not_tell;
    };
    if (std::any_of(before.examined.begin(), before.examined.end(), could)) {
      return Error(Errc::corrupt,
                   fmt::format("the repair was rehearsed, and {} can't be examined any "
                               "more: {}",
                               examined.what, examined.why));
    }
  }
  return {};
}

// The plan for those findings that the chosen recipes made.  Where `everything`
// was to be mended, what no recipe can mend is left, too.
struct Planned {
  Plan plan;
  std::vector<Finding> mended;
  std::size_t left_count = 0;
};

Result<Planned> make_plan(const Disk& disk, const Diagnosis& diagnosis,
                          const std::vector<const Recipe*>& recipes,
                          const Settings& settings, bool everything) {
  Planned planned;
  for (const Finding& finding : diagnosis.findings) {
    auto recipe = std::find_if(recipes.begin(), recipes.end(), [&](const Recipe* one) {
      return one->id() == finding.recipe;
    });
    if (recipe == recipes.end()) {
      if (find_recipe(finding.recipe) != nullptr || !everything) continue;
      ++planned.left_count;
      planned.plan.notes.push_back(
          fmt::format("{} isn't mended: {}", finding.recipe, finding.what));
      continue;
    }
    Plan plan;
    const Installation& windows = *disk.installations()[finding.installation];
    Done done = (*recipe)->mend(windows, finding, settings, plan);
    if (!done && done.error().code() == Errc::bad_argument) {
      return std::move(done).error().in(finding.recipe);
    }
    auto& notes = planned.plan.notes;
    if (!done) {
      ++planned.left_count;
      notes.push_back(
          fmt::format("{} isn't mended: {}", finding.recipe, done.error().describe()));
      continue;
    }
    planned.mended.push_back(finding);
    std::move(plan.edits.begin(), plan.edits.end(),
              std::back_inserter(planned.plan.edits));
    notes.insert(notes.end(), plan.notes.begin(), plan.notes.end());
  }
  return planned;
}

std::string what_of(const std::vector<Finding>& mended) {
  std::string what = "repair";
  for (const Finding& finding : mended) {
    if (what.find(finding.recipe) == std::string::npos) what += " " + finding.recipe;
  }
  return what;
}

}  // namespace

std::string_view to_string(RepairState state) {
  switch (state) {
    case RepairState::planned:
      return "planned";
    case RepairState::repaired:
      return "repaired";
    case RepairState::partial:
      return "partial";
    case RepairState::nothing_to_do:
      return "nothing_to_do";
    case RepairState::failed:
      return "failed";
  }
  return "failed";
}

Result<std::size_t> choose_installation(const Disk& disk,
                                        std::optional<std::size_t> chosen) {
  const auto& found = disk.installations();
  if (found.empty()) {
    return Error(Errc::not_found, "no Windows was found on this disk");
  }
  std::string list;
  for (std::size_t index = 0; index < found.size(); ++index) {
    list += fmt::format("{}{} is {}:{}", index == 0 ? "" : ", ", index,
                        found[index]->partition(), found[index]->root());
  }
  if (chosen && *chosen >= found.size()) {
    return Error(Errc::bad_argument,
                 fmt::format("there is no installation {} ({})", *chosen, list));
  }
  if (chosen) return *chosen;
  if (found.size() == 1) return 0;
  return Error(Errc::bad_argument,
               fmt::format("there are {} installations of Windows; choose with "
                           "--installation: {}",
                           found.size(), list));
}

Result<Applied> apply_plan(Transaction& transaction, const Plan& plan,
                           std::string_view what, ApplyOptions options) {
  Applied applied;
  for (const Settled& settled : transaction.settled()) {
    applied.notes.push_back(fmt::format(
        "a change that was cut short was settled first: journal {} was {} "
        "and is now {}",
        settled.receipt.journal, to_string(settled.before), to_string(settled.after)));
  }
  applied.notes.insert(applied.notes.end(), plan.notes.begin(), plan.notes.end());
  for (std::string& warning : warnings_for(plan, transaction.disk())) {
    applied.notes.push_back(std::move(warning));
  }
  applied.outcomes = TRY(transaction.rehearse(plan));
  if (options.prove) TRY(options.prove(transaction.disk()));
  std::vector<Overlay::Change> changes = TRY(transaction.changes());
  for (const Overlay::Change& change : changes) {
    applied.bytes_written += change.after.size();
  }
  bool nothing = changes.empty() && !transaction.replays_image();
  if (options.dry_run || nothing) return applied;
  Receipt receipt = TRY(transaction.commit(description_of(what, applied.outcomes)));
  if (!receipt.journal.empty()) applied.journal = receipt.journal;
  applied.bytes_written = receipt.bytes_written;
  return applied;
}

Result<RepairReport> repair(Transaction& transaction, const RepairOptions& options) {
  TRY(check_settings(options));
  std::size_t index =
      TRY(choose_installation(transaction.disk(), options.installation));
  std::vector<const Recipe*> mending =
      options.recipes.empty() ? automatic_recipes() : options.recipes;
  // What every recipe says is compared, before and after: a cure that makes
  // another wound is none.
  std::vector<const Recipe*> examining = mending;
  for (const Recipe* recipe : automatic_recipes()) {
    if (std::find(examining.begin(), examining.end(), recipe) == examining.end()) {
      examining.push_back(recipe);
    }
  }
  RepairReport report;
  report.before = diagnose(transaction.disk(), examining, options.settings, index);
  TRY(check_named(report.before, *transaction.disk().installations()[index],
                  options.recipes));
  Planned planned = TRY(make_plan(transaction.disk(), report.before, mending,
                                  options.settings, options.recipes.empty()));
  note_unseen(report.before, *transaction.disk().installations()[index], mending,
              planned.plan.notes);
  if (planned.mended.empty()) {
    report.state =
        planned.left_count == 0 ? RepairState::nothing_to_do : RepairState::partial;
    report.applied.notes = std::move(planned.plan.notes);
    report.after = report.before;
    return report;
  }
  auto prove = [&](const Disk& rehearsed) -> Done {
    report.after = diagnose(rehearsed, examining, options.settings, index);
    return check_after(report.before, report.after, planned.mended,
                       rehearsed.options().unclean == Unclean::discard);
  };
  report.applied = TRY(apply_plan(transaction, planned.plan, what_of(planned.mended),
                                  {.dry_run = options.dry_run, .prove = prove}));
  report.state = options.dry_run           ? RepairState::planned
                 : planned.left_count == 0 ? RepairState::repaired
                                           : RepairState::partial;
  return report;
}

}  // namespace drydock::repair
