#include "repair/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "repair/installation.h"
#include "repair/recipes/recipes.h"
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

// Calls `told` with each thing that one of `recipes` was to look at and couldn't.
template <class Told>
void each_unseen(const Diagnosis& diagnosis, const Subject& subject,
                 const std::vector<const Recipe*>& recipes, Told told) {
  for (const Recipe* recipe : recipes) {
    if (!recipe->of_disk() && subject.windows == nullptr) continue;
    std::string name = examination_name(*recipe, subject);
    for (const Examined& examined : diagnosis.examined) {
      if (examined.what != name || examined.verdict != Verdict::could_not_tell) {
        continue;
      }
      told(*recipe, examined);
    }
  }
}

// A recipe that a person named, and that couldn't look because of what they
// asked for, ends the repair; the other ways of not telling are reported.
Done check_named(const Diagnosis& diagnosis, const Subject& subject,
                 const std::vector<const Recipe*>& recipes) {
  Done checked;
  each_unseen(
      diagnosis, subject, recipes, [&](const Recipe& recipe, const Examined& examined) {
        if (examined.code != Errc::bad_argument && examined.code != Errc::not_found) {
          return;
        }
        if (checked) {
          checked = Error(*examined.code, examined.why).in(recipe.id());
        }
      });
  return checked;
}

// What the chosen recipes couldn't look at, as notes: a repair that did nothing
// because it saw nothing says so.
void note_unseen(const Diagnosis& diagnosis, const Subject& subject,
                 const std::vector<const Recipe*>& recipes,
                 std::vector<std::string>& notes) {
  each_unseen(
      diagnosis, subject, recipes, [&](const Recipe& recipe, const Examined& examined) {
        notes.push_back(fmt::format("{} couldn't look: {}", recipe.id(), examined.why));
      });
}

bool same(const Finding& a, const Finding& b) {
  return a.recipe == b.recipe && a.installation == b.installation &&
         a.where == b.where && a.what == b.what;
}

bool has(const std::vector<Finding>& findings, const Finding& finding) {
  return std::ranges::any_of(
      findings, [&](const Finding& other) { return same(finding, other); });
}

// Whether something that couldn't be looked at before can be now: a volume opens, a
// Windows is there.  What is found in it isn't the repair's doing.
bool sees_more(const Diagnosis& before, const Diagnosis& after) {
  auto is_unseen = [](const Diagnosis& in, const std::string& what) {
    return std::ranges::any_of(in.examined, [&](const Examined& other) {
      return other.what == what && other.verdict == Verdict::could_not_tell;
    });
  };
  return std::ranges::any_of(before.examined, [&](const Examined& one) {
    return is_unseen(before, one.what) && !is_unseen(after, one.what);
  });
}

// Whether `after` is what the repair promised: each mended finding is gone, and
// nothing is there that wasn't before, unless it couldn't be seen.
Done check_after(const Diagnosis& before, const Diagnosis& after,
                 const std::vector<Finding>& mended, bool discards) {
  for (const Finding& finding : after.findings) {
    if (has(mended, finding)) {
      return Error(
                 Errc::corrupt,
                 fmt::format("the repair was rehearsed and didn't help: {} still finds "
                             "that {}",
                             finding.recipe, finding.what))
          .in(finding.where);
    }
    // A log that was given up leaves its volume to chkdsk, as was asked for.
    if (discards && finding.recipe == volume_dirty().id()) continue;
    if (!has(before.findings, finding) && !sees_more(before, after)) {
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
// was to be mended, what isn't mended unasked is left, too.
struct Planned {
  Plan plan;
  std::vector<Finding> mended;
  std::vector<std::string> left;  // a note for each finding that stays, and why
};

// Why nothing is done about a finding that none of the recipes in use made.
std::string why_left(const Finding& finding) {
  std::string hint = find_recipe(finding.recipe) == nullptr
                         ? ""
                         : "; it is mended only by who names it";
  return fmt::format("{} isn't mended: {}{}", finding.recipe, finding.what, hint);
}

Result<Planned> make_plan(const Disk& disk, const Diagnosis& diagnosis,
                          const std::vector<const Recipe*>& recipes,
                          const RepairOptions& options) {
  Planned planned;
  bool everything = options.recipes.empty();
  for (const Finding& finding : diagnosis.findings) {
    auto recipe = std::find_if(recipes.begin(), recipes.end(), [&](const Recipe* one) {
      return one->id() == finding.recipe;
    });
    if (recipe == recipes.end()) {
      if (everything) planned.left.push_back(why_left(finding));
      continue;
    }
    Plan plan;
    Subject subject{.disk = disk, .trust = options.trust ? &*options.trust : nullptr};
    if (!(*recipe)->of_disk()) {
      subject.windows = disk.installations()[finding.installation].get();
    }
    Done done = (*recipe)->mend(subject, finding, options.settings, plan);
    if (!done && done.error().code() == Errc::bad_argument) {
      return std::move(done).error().in(finding.recipe);
    }
    if (!done) {
      planned.left.push_back(
          fmt::format("{} isn't mended: {}", finding.recipe, done.error().describe()));
      continue;
    }
    planned.mended.push_back(finding);
    std::ranges::move(plan.edits, std::back_inserter(planned.plan.edits));
    std::ranges::move(plan.notes, std::back_inserter(planned.plan.notes));
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

namespace {

void add_note(std::string note, std::vector<std::string>& notes) {
  if (std::ranges::find(notes, note) == notes.end()) notes.push_back(std::move(note));
}

void add_notes(const Plan& plan, const Disk& disk, Applied& applied) {
  for (const std::string& note : plan.notes) add_note(note, applied.notes);
  for (std::string& warning : warnings_for(plan, disk)) {
    add_note(std::move(warning), applied.notes);
  }
}

// Adds what rehearsing `plan` comes to.
Done rehearse_into(Transaction& transaction, const Plan& plan, Applied& applied) {
  add_notes(plan, transaction.disk(), applied);
  std::ranges::move(TRY(transaction.rehearse(plan)),
                    std::back_inserter(applied.outcomes));
  return {};
}

// Commits what was rehearsed, unless there is nothing to it, or it is a dry run.
Done commit_into(Transaction& transaction, std::string_view what, bool dry_run,
                 Applied& applied) {
  std::vector<Overlay::Change> changes = TRY(transaction.changes());
  for (const Overlay::Change& change : changes) {
    applied.bytes_written += change.after.size();
  }
  bool nothing = changes.empty() && !transaction.replays_image();
  if (dry_run || nothing) return {};
  Receipt receipt = TRY(transaction.commit(description_of(what, applied.outcomes)));
  if (!receipt.journal.empty()) applied.journal = receipt.journal;
  applied.bytes_written = receipt.bytes_written;
  return {};
}

Applied begin_applied(const Transaction& transaction) {
  Applied applied;
  for (const Settled& settled : transaction.settled()) {
    applied.notes.push_back(fmt::format(
        "a change that was cut short was settled first: journal {} was {} "
        "and is now {}",
        settled.receipt.journal, to_string(settled.before), to_string(settled.after)));
  }
  return applied;
}

}  // namespace

Result<Applied> apply_plan(Transaction& transaction, const Plan& plan,
                           std::string_view what, ApplyOptions options) {
  Applied applied = begin_applied(transaction);
  TRY(rehearse_into(transaction, plan, applied));
  if (options.prove) TRY(options.prove(transaction.disk()));
  TRY(commit_into(transaction, what, options.dry_run, applied));
  return applied;
}

Result<Applied> apply_done(Transaction& transaction, const Plan& done,
                           std::vector<Outcome> outcomes, std::string_view what,
                           ApplyOptions options) {
  Applied applied = begin_applied(transaction);
  add_notes(done, transaction.disk(), applied);
  // What was touched is opened anew and checked, as after any rehearsal.
  TRY(transaction.rehearse({}));
  applied.outcomes = std::move(outcomes);
  if (options.prove) TRY(options.prove(transaction.disk()));
  TRY(commit_into(transaction, what, options.dry_run, applied));
  return applied;
}

namespace {

// What is mended may show more that is wrong: a volume that opens, a Windows in it, a
// log in its store.  No disk needs as many rounds as this.
constexpr std::size_t kRoundsMax = 8;

// One repair, round by round, until there is nothing more that can be mended.
class Repairing {
 public:
  Repairing(Transaction& transaction, const RepairOptions& options);

  Result<RepairReport> run();

 private:
  Result<Diagnosis> look();
  Result<bool> mend_round(Diagnosis& seen);
  Subject subject() const;

  Transaction& transaction_;
  const RepairOptions& options_;
  std::vector<const Recipe*> mending_;
  std::vector<const Recipe*> examining_;
  bool of_windows_ = false;  // whether one of mending_ is about a Windows
  // The Windows that is mended, once it was seen: others may show up before it.
  std::optional<GuestPath> windows_;
  std::optional<std::size_t> index_;  // it, in installations()
  RepairReport report_;
  std::vector<Finding> mended_;
  std::vector<std::string> left_;
};

Repairing::Repairing(Transaction& transaction, const RepairOptions& options)
    : transaction_(transaction),
      options_(options),
      mending_(options.recipes.empty() ? automatic_recipes() : options.recipes),
      // What every recipe says is compared, before and after: a cure that makes
      // another wound is none.
      examining_(mending_) {
  for (const Recipe* recipe : examining_recipes()) {
    if (std::ranges::find(examining_, recipe) == examining_.end()) {
      examining_.push_back(recipe);
    }
  }
  of_windows_ = std::ranges::any_of(
      mending_, [](const Recipe* recipe) { return !recipe->of_disk(); });
}

// Examines the disk as it is now, and the one Windows that is meant.
Result<Diagnosis> Repairing::look() {
  const Disk& disk = transaction_.disk();
  const auto& found = disk.installations();
  if (windows_) {
    auto same = std::ranges::find_if(found, [&](const auto& windows) {
      return windows->partition() == windows_->partition &&
             windows->root() == windows_->path;
    });
    if (same == found.end()) {
      return Error(Errc::corrupt, "the repair was rehearsed, and Windows is gone");
    }
    index_ = same - found.begin();
  } else if (of_windows_ && !found.empty()) {
    index_ = TRY(choose_installation(disk, options_.installation));
    windows_ = {.partition = found[*index_]->partition(),
                .path = found[*index_]->root()};
  }
  return diagnose(disk, examining_, options_.settings, index_);
}

Subject Repairing::subject() const {
  const Disk& disk = transaction_.disk();
  return {.disk = disk,
          .windows = index_ ? disk.installations()[*index_].get() : nullptr};
}

// Rehearses what can be mended of what is seen, and looks again; false where there is
// nothing.
Result<bool> Repairing::mend_round(Diagnosis& seen) {
  Planned planned = TRY(make_plan(transaction_.disk(), seen, mending_, options_));
  left_ = std::move(planned.left);
  if (planned.mended.empty()) return false;
  TRY(rehearse_into(transaction_, planned.plan, report_.applied));
  Diagnosis after = TRY(look());
  TRY(check_after(seen, after, planned.mended,
                  transaction_.disk().options().unclean == Unclean::discard));
  for (const Finding& finding : after.findings) {
    if (!has(report_.before.findings, finding)) {
      report_.before.findings.push_back(finding);
    }
  }
  std::ranges::move(planned.mended, std::back_inserter(mended_));
  seen = std::move(after);
  return true;
}

Result<RepairReport> Repairing::run() {
  report_.applied = begin_applied(transaction_);
  Diagnosis seen = TRY(look());
  report_.before = seen;
  TRY(check_named(seen, subject(), options_.recipes));
  for (std::size_t round = 0; round < kRoundsMax; ++round) {
    if (!TRY(mend_round(seen))) break;
  }
  if (of_windows_ && !windows_) {
    // As it says, unless something was mended all the same.
    auto chosen = choose_installation(transaction_.disk(), options_.installation);
    if (mended_.empty() && seen.findings.empty()) return std::move(chosen).error();
    if (mended_.empty()) {
      const Finding& finding = seen.findings[0];
      return Error(Errc::not_found,
                   fmt::format("{}; but {} finds that {}", chosen.error().describe(),
                               finding.recipe, finding.what));
    }
    left_.push_back(chosen.error().describe());
  }
  bool partial = !left_.empty();
  note_unseen(seen, subject(), mending_, left_);
  for (std::string& note : left_) add_note(std::move(note), report_.applied.notes);
  report_.after = std::move(seen);
  TRY(commit_into(transaction_, what_of(mended_), options_.dry_run, report_.applied));
  report_.state = mended_.empty()
                      ? (partial ? RepairState::partial : RepairState::nothing_to_do)
                  : options_.dry_run ? RepairState::planned
                  : partial          ? RepairState::partial
                                     : RepairState::repaired;
  return std::move(report_);
}

}  // namespace

Result<RepairReport> repair(Transaction& transaction, const RepairOptions& options) {
  TRY(check_settings(options));
  return Repairing(transaction, options).run();
}

}  // namespace drydock::repair
