#include "harness/scenarios/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "harness/images/build.h"
#include "harness/images/container.h"
#include "harness/scenarios/examine.h"
#include "harness/work_folder.h"
#include "repair/repair.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"
#include "vhd/file_device.h"

namespace drydock::scenarios {

namespace {

// Builds and wounds the disk; the stage is set but for the hash afterwards.
Result<Stage> set_stage(const Story& story, const harness::WorkFolder& work,
                        const Say& say) {
  Stage stage;
  stage.before = work / "before.image";
  stage.image = work / "disk.image";
  stage.recipes = story.recipes;
  stage.settings = story.settings;
  stage.changes = story.changes;
  stage.script = story.script;
  stage.seed = story.seed;
  stage.volumes = story.volumes;
  std::filesystem::path raw = work / "disk.raw";
  stage.layout = TRY(images::build_raw(story.image, story.seed, raw));
  if (!story.given.empty()) {
    TRY(write_given(story.given, raw, stage.layout, work.path()).in("given"));
  }
  for (const std::string& words :
       TRY(faults::break_raw(raw, story.wounds, story.seed))) {
    say("fault: " + words);
  }
  TRY(images::pack(raw, stage.before, story.image.container, story.image.block_size));
  for (const std::string& words :
       TRY(faults::break_container(stage.before, story.wounds, story.seed))) {
    say("fault: " + words);
  }
  TRY(images::copy_sparse(stage.before, stage.image));
  stage.before_hash = TRY(hash_image(stage.image));
  return stage;
}

std::string fact(const repair::Finding& finding, std::string_view name) {
  if (name == "where") return finding.where;
  if (name == "what") return finding.what;
  if (name == "stops_boot") return finding.stops_boot ? "true" : "false";
  if (name == "stop_code") return finding.stop_code.value_or("absent");
  if (name == "status") return finding.status.value_or("absent");
  return finding.image_name.value_or("absent");
}

// Nothing where the finding has all the facts; else the first that it lacks.
std::optional<std::string> contradiction(const ExpectedFinding& expected,
                                         const repair::Finding& found) {
  for (const auto& [name, wanted] : expected.facts) {
    std::string is = fact(found, name);
    if (is != wanted) return fmt::format("{} is {}, and not {}", name, is, wanted);
  }
  return std::nullopt;
}

Done check_findings(const Story& story, std::vector<repair::Finding> found) {
  for (const ExpectedFinding& expected : story.findings) {
    auto at = std::find_if(found.begin(), found.end(), [&](const auto& one) {
      return one.recipe == expected.recipe;
    });
    if (at == found.end()) {
      return Error(Errc::not_found, fmt::format("{} found nothing", expected.recipe))
          .in(expected.place);
    }
    if (auto words = contradiction(expected, *at)) {
      return Error(Errc::corrupt, *words).in(expected.place);
    }
    found.erase(at);
  }
  if (!found.empty()) {
    return Error(Errc::corrupt, "nobody expected " + describe(found[0]));
  }
  return {};
}

Done diagnose(const Story& story, const Stage& stage, const Say& say) {
  repair::Diagnosis diagnosis =
      TRY(diagnose_image(stage.image, stage.recipes, stage.settings));
  for (const repair::Examined& one : diagnosis.examined) {
    bool expected = std::ranges::find(story.untold, one.what) != story.untold.end();
    if (one.verdict == repair::Verdict::could_not_tell && !expected) {
      return Error(Errc::corrupt, fmt::format("could not tell: {}", one.why))
          .in(one.what);
    }
  }
  TRY(check_findings(story, diagnosis.findings));
  for (const repair::Finding& finding : diagnosis.findings) {
    say("finding: " + describe(finding));
  }
  return {};
}

Done check_unsigned(const Story& story, const Stage& stage, const Say& say) {
  if (story.unsigned_drivers.empty()) return {};
  std::vector<std::string> found = TRY(unsigned_drivers(stage.image));
  if (found != story.unsigned_drivers) {
    return Error(Errc::corrupt, fmt::format("they are {}", fmt::join(found, ", ")));
  }
  say(fmt::format("unsigned: {} files", found.size()));
  return {};
}

// Edits that are told one by one.
constexpr std::size_t kOutcomesToldMax = 30;

Done mend(const Stage& stage, const Say& say) {
  auto transaction = TRY(repair::Transaction::begin(stage.image, stage.transaction()));
  repair::RepairReport report = TRY(stage.mend(*transaction));
  if (report.state != repair::RepairState::repaired) {
    return Error(Errc::corrupt,
                 fmt::format("the repair ended as {}", to_string(report.state)));
  }
  const auto& outcomes = report.applied.outcomes;
  std::size_t told = std::min(outcomes.size(), kOutcomesToldMax);
  for (const repair::Outcome& outcome : std::span(outcomes).first(told)) {
    say(fmt::format("{}: {}: {} -> {}", outcome.edit, outcome.where, outcome.before,
                    outcome.after));
  }
  if (told < outcomes.size()) say(fmt::format("and {} more", outcomes.size() - told));
  say(fmt::format("{} bytes written", report.applied.bytes_written));
  return {};
}

}  // namespace

Done run_story(const Story& story, const Say& say) {
  harness::WorkFolder work = TRY(harness::WorkFolder::create());
  Stage stage = TRY(set_stage(story, work, say).in("image"));
  TRY(diagnose(story, stage, say).in("diagnose"));
  TRY(check_unsigned(story, stage, say).in("unsigned"));
  if (!story.recipes.empty()) TRY(mend(stage, say).in("repair"));
  if (!story.changes.empty()) TRY(mend(stage, say).in("change"));
  if (story.script) TRY(mend(stage, say).in("script"));
  stage.after_hash = TRY(hash_image(stage.image));
  for (const ExpectationPtr& expectation : story.expectations) {
    std::string words = TRY(expectation->check(stage).in(expectation->text()));
    say(expectation->text() + (words.empty() ? "" : fmt::format(" ({})", words)));
  }
  return {};
}

}  // namespace drydock::scenarios
