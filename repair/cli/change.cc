#include "repair/cli/change.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "repair/cli/calm_commit.h"
#include "repair/cli/json.h"
#include "repair/installation.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"

namespace drydock::cli {

namespace {

using nlohmann::json;

// Which Windows C: is about.  Where there is none the plan may still be about
// other volumes; where there are several, one has to be named.
Result<std::size_t> meant(const repair::Disk& disk, const ChangeOptions& options) {
  if (!options.installation && disk.installations().size() < 2) return std::size_t{0};
  return repair::choose_installation(disk, options.installation);
}

Result<repair::Applied> change(const std::string& image, const ChangeOptions& options,
                               const std::string& what, const MakePlan& make_plan,
                               Report& report, const Prove& prove) {
  auto transaction = TRY(repair::Transaction::begin(image, options.transaction()));
  report.track(transaction->view().file);
  repair::Disk& disk = transaction->disk();
  std::size_t installation = TRY(meant(disk, options));
  repair::Plan plan = TRY(make_plan(disk, installation));
  CalmCommit calm;
  return repair::apply_plan(*transaction, plan, what,
                            {.dry_run = options.dry_run, .prove = prove});
}

}  // namespace

std::string diff_text(const std::vector<repair::Outcome>& outcomes) {
  std::string text;
  for (const repair::Outcome& outcome : outcomes) {
    text += fmt::format("{}  {}\n", outcome.edit, outcome.where);
    if (!outcome.before.empty()) text += fmt::format("  - {}\n", outcome.before);
    if (!outcome.after.empty()) text += fmt::format("  + {}\n", outcome.after);
    if (!outcome.why.empty()) text += fmt::format("  because {}\n", outcome.why);
  }
  return text;
}

void report_change(const repair::Applied& applied, bool dry_run, Report& report) {
  report.print(diff_text(applied.outcomes));
  report_notes(applied, dry_run, report);
}

void report_notes(const repair::Applied& applied, bool dry_run, Report& report) {
  for (const std::string& note : applied.notes) {
    report.print(fmt::format("note: {}\n", note));
  }
  if (dry_run) {
    report.print(fmt::format("dry run: {} bytes would be written, and none was\n",
                             applied.bytes_written));
  } else if (applied.journal) {
    report.print(
        fmt::format("wrote {} bytes; `drydock undo` takes them back "
                    "(journal {})\n",
                    applied.bytes_written, *applied.journal));
  } else if (std::ranges::any_of(applied.outcomes, &repair::Outcome::changed)) {
    report.print("done; no byte that a guest sees has changed\n");
  } else {
    report.print("nothing had to change\n");
  }
}

std::string_view state_of(const repair::Applied& applied, bool dry_run) {
  if (dry_run) return "planned";
  return applied.journal ? "repaired" : "nothing_to_do";
}

Exit fail_change(const Error& error, Report& report) {
  return report.fail(
      error, error.code() == Errc::interrupted ? Exit::interrupted : Exit::failed);
}

Exit change_image(const std::string& image, const ChangeOptions& options,
                  const std::string& what, const MakePlan& make_plan, Report& report,
                  const Prove& prove) {
  auto applied = change(image, options, what, make_plan, report, prove);
  if (!applied) return fail_change(applied.error(), report);
  report_change(*applied, options.dry_run, report);
  report.document(
      {{"state", state_of(*applied, options.dry_run)},
       {"edits", to_json(applied->outcomes)},
       {"notes", applied->notes},
       {"journal", applied->journal ? json(*applied->journal) : json(nullptr)},
       {"bytes_written", applied->bytes_written}});
  return Exit::done;
}

}  // namespace drydock::cli
