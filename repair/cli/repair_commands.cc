// drydock diagnose, repair, recipes.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/calm_commit.h"
#include "repair/cli/change.h"
#include "repair/cli/commands.h"
#include "repair/cli/json.h"
#include "repair/cli/trust.h"
#include "repair/diagnose.h"
#include "repair/repair.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

Result<std::vector<const repair::Recipe*>> chosen(const std::vector<std::string>& ids) {
  std::vector<const repair::Recipe*> recipes;
  for (const std::string& id : ids) {
    const repair::Recipe* recipe = repair::find_recipe(id);
    if (recipe == nullptr) {
      return Error(
          Errc::not_found,
          fmt::format("there is no recipe {}; `drydock recipes` lists them", id));
    }
    recipes.push_back(recipe);
  }
  return recipes;
}

std::string diagnosis_text(const repair::Diagnosis& diagnosis) {
  std::string text;
  for (const repair::Finding& finding : diagnosis.findings) {
    text +=
        fmt::format("{}{}: {}\n  in {}\n", finding.stops_boot ? "stops the boot: " : "",
                    finding.recipe, finding.what, finding.where);
    if (finding.stop_code) text += fmt::format("  stop code {}\n", *finding.stop_code);
    if (finding.status) text += fmt::format("  status {}\n", *finding.status);
    for (const std::string& line : finding.evidence)
      text += fmt::format("  * {}\n", line);
  }
  text += "examined:\n";
  for (const repair::Examined& entry : diagnosis.examined) {
    text += fmt::format("  {:<14} {}{}\n", to_string(entry.verdict), entry.what,
                        entry.why.empty() ? "" : ": " + entry.why);
  }
  text += fmt::format("verdict: {}\n", to_string(diagnosis.verdict));
  return text;
}

Exit exit_of(const repair::Diagnosis& diagnosis) {
  switch (diagnosis.verdict) {
    case repair::Verdict::healthy:
      return Exit::done;
    case repair::Verdict::fault:
      return Exit::faults;
    case repair::Verdict::could_not_tell:
      return Exit::could_not_tell;
  }
  return Exit::could_not_tell;
}

Result<repair::Diagnosis> diagnose_image(const RepairRequest& request, Report& report) {
  auto recipes = TRY(chosen(request.recipes));
  repair::View view =
      TRY(repair::open_view(request.image, request.change.disk.parent_paths()));
  report.track(view.file);
  auto disk =
      TRY(repair::open_disk(view, request.change.disk.options()).in(request.image));
  return repair::diagnose(*disk, recipes, request.settings);
}

Result<repair::RepairReport> repair_image(const RepairRequest& request,
                                          Report& report) {
  auto recipes = TRY(chosen(request.recipes));
  signature::TrustStore trust = TRY(trust_store(request.trust));
  auto transaction =
      TRY(repair::Transaction::begin(request.image, request.change.transaction()));
  report.track(transaction->view().file);
  CalmCommit calm;
  return repair::repair(*transaction, {.recipes = std::move(recipes),
                                       .settings = request.settings,
                                       .installation = request.change.installation,
                                       .dry_run = request.change.dry_run,
                                       .trust = std::move(trust)});
}

Exit exit_of(const repair::RepairReport& done) {
  switch (done.state) {
    case repair::RepairState::planned:
      return Exit::done;
    case repair::RepairState::partial:
      return Exit::faults;
    case repair::RepairState::failed:
      return Exit::failed;
    case repair::RepairState::repaired:
    case repair::RepairState::nothing_to_do:
      return done.after.verdict == repair::Verdict::could_not_tell
                 ? Exit::could_not_tell
                 : Exit::done;
  }
  return Exit::failed;
}

}  // namespace

Exit diagnose(const RepairRequest& request, Report& report) {
  auto diagnosis = diagnose_image(request, report);
  if (!diagnosis) return report.fail(diagnosis.error(), Exit::could_not_tell);
  report.print(diagnosis_text(*diagnosis));
  report.document(to_json(*diagnosis));
  return exit_of(*diagnosis);
}

Exit repair(const RepairRequest& request, Report& report) {
  auto done = repair_image(request, report);
  if (!done) return fail_change(done.error(), report);
  for (const repair::Finding& finding : done->before.findings) {
    report.print(fmt::format("found: {}: {}\n", finding.recipe, finding.what));
  }
  report_change(done->applied, request.change.dry_run, report);
  report.print(fmt::format("{}; afterwards {}\n", to_string(done->state),
                           to_string(done->after.verdict)));
  const repair::Applied& applied = done->applied;
  report.document(
      {{"state", to_string(done->state)},
       {"edits", to_json(applied.outcomes)},
       {"notes", applied.notes},
       {"journal", applied.journal ? json(*applied.journal) : json(nullptr)},
       {"bytes_written", applied.bytes_written},
       {"diagnose_after", to_json(done->after)}});
  return exit_of(*done);
}

Exit recipes(const std::string& name, Report& report) {
  json list = json::array();
  for (const repair::Recipe* recipe : repair::all_recipes()) {
    if (!name.empty() && recipe->id() != name) continue;
    json settings = json::array();
    std::string text =
        fmt::format("{}: {}\n  reads  {}\n  writes {}\n", recipe->id(),
                    recipe->summary(), recipe->reads(), recipe->writes());
    bool automatic = recipe->unasked() == repair::Recipe::Unasked::mends;
    if (!automatic) text += "  only when named\n";
    for (const repair::Recipe::Setting& setting : recipe->settings()) {
      text += fmt::format("  --set {}=...  {}{}\n", setting.name, setting.meaning,
                          setting.required ? " (required)" : "");
      settings.push_back({{"name", setting.name},
                          {"meaning", setting.meaning},
                          {"required", setting.required}});
    }
    report.print(text);
    list.push_back({{"id", recipe->id()},
                    {"summary", recipe->summary()},
                    {"reads", recipe->reads()},
                    {"writes", recipe->writes()},
                    {"automatic", automatic},
                    {"settings", std::move(settings)}});
  }
  if (!name.empty() && list.empty()) {
    return report.fail(
        Error(Errc::not_found, fmt::format("there is no recipe {}", name)));
  }
  report.document({{"recipes", std::move(list)}});
  return Exit::done;
}

}  // namespace drydock::cli
