// drydock script: an article's commands, as they stand, in one transaction.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "repair/cli/calm_commit.h"
#include "repair/cli/change.h"
#include "repair/cli/host_file.h"
#include "repair/cli/json.h"
#include "repair/installation.h"
#include "repair/script/script.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

// Of one line's edits, those that a person is shown; --json has all.
constexpr std::size_t kEditsShownMax = 20;

// Where the text comes from, as journal and report call it.
std::string name_of(const ScriptRequest& request) {
  return request.file == "-" ? "standard input"
                             : std::filesystem::path(request.file).filename().string();
}

// The text, every line of which is understood: as far as that can be told without the
// disk.
Result<std::string> read_text(const ScriptRequest& request,
                              const script::Drives& drives) {
  ByteVector file = request.file == "-"
                        ? TRY(read_standard_input(script::kTextSizeMax))
                        : TRY(read_host_file(request.file, 2 * script::kTextSizeMax));
  std::string text = TRY(script::decode_text(file).in(name_of(request)));
  TRY(script::read_script(text, script::places_of(drives), request.fillings)
          .in(name_of(request)));
  return text;
}

std::string plan_text(const script::Machine& machine, const std::string& name) {
  std::string text;
  std::size_t count = 0;
  if (!machine.settled().empty()) {
    text += "before the first line:\n" + diff_text(machine.settled());
  }
  for (const script::Step& step : machine.steps()) {
    text += fmt::format("line {}: {}\n", step.line, step.text);
    for (const std::string& note : step.notes) {
      text += fmt::format("  note: {}\n", note);
    }
    std::size_t shown = 0;
    for (const repair::Outcome& outcome : step.outcomes) {
      count += outcome.changed ? 1 : 0;
      if (++shown > kEditsShownMax) continue;
      text += fmt::format("  {}  {}{}\n", outcome.edit, outcome.where,
                          outcome.changed ? "" : " (as it is)");
      if (!outcome.changed) continue;
      if (!outcome.before.empty()) text += fmt::format("    - {}\n", outcome.before);
      if (!outcome.after.empty()) text += fmt::format("    + {}\n", outcome.after);
    }
    if (shown > kEditsShownMax) {
      text +=
          fmt::format("  and {} more (--json lists them)\n", shown - kEditsShownMax);
    }
    text += step.output;
    if (!step.output.empty() && !step.output.ends_with('\n')) text += '\n';
  }
  return fmt::format("{}: {} commands, {} changes\n", name, machine.steps().size(),
                     count) +
         text;
}

json steps_json(const script::Machine& machine) {
  json steps = json::array();
  for (const script::Step& step : machine.steps()) {
    steps.push_back({{"line", step.line},
                     {"command", step.text},
                     {"edits", to_json(step.outcomes)},
                     {"notes", step.notes},
                     {"output", step.output}});
  }
  return steps;
}

struct Ran {
  repair::Applied applied;
  json steps;
};

Result<Ran> run(const ScriptRequest& request, std::string_view text,
                const script::Drives& drives, Report& report) {
  auto transaction =
      TRY(repair::Transaction::begin(request.image, request.change.transaction()));
  report.track(transaction->view().file);
  repair::Disk& disk = transaction->disk();
  std::size_t installation =
      TRY(repair::choose_installation(disk, request.change.installation));
  const std::string& root = disk.installations()[installation]->root();
  std::string name = name_of(request);
  script::Script lines =
      TRY(script::read_script(text, script::places_of(drives, root), request.fillings)
              .in(name));
  script::Machine machine(disk, installation, drives);
  TRY(script::run(lines, machine).in(name));
  Ran ran{.applied = {}, .steps = steps_json(machine)};
  auto show_plan = [&](const repair::Disk&) {
    report.print(plan_text(machine, name));
    return Done();
  };
  CalmCommit calm;
  ran.applied = TRY(repair::apply_done(
      *transaction, machine.done(), machine.outcomes(), "script " + name,
      {.dry_run = request.change.dry_run, .prove = show_plan}));
  return ran;
}

}  // namespace

Exit script(const ScriptRequest& request, Report& report) {
  auto drives = script::parse_drives(request.drives);
  if (!drives) return report.fail(drives.error(), Exit::usage);
  auto text = read_text(request, *drives);
  if (!text) return report.fail(text.error());
  auto ran = run(request, *text, *drives, report);
  if (!ran) return fail_change(ran.error(), report);
  const repair::Applied& applied = ran->applied;
  report_notes(applied, request.change.dry_run, report);
  report.document(
      {{"state", state_of(applied, request.change.dry_run)},
       {"lines", std::move(ran->steps)},
       {"edits", to_json(applied.outcomes)},
       {"notes", applied.notes},
       {"journal", applied.journal ? json(*applied.journal) : json(nullptr)},
       {"bytes_written", applied.bytes_written}});
  return Exit::done;
}

}  // namespace drydock::cli
