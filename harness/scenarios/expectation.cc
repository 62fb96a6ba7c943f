#include "harness/scenarios/expectation.h"

#include <fmt/format.h>

#include "harness/scenarios/examine.h"
#include "vhd/base/try.h"

namespace drydock::scenarios {

namespace {

struct Kind {
  std::string_view word;
  Result<ExpectationPtr> (*make)(std::string_view sentence);
};

constexpr Kind kKinds[] = {
    {"bcd", expect_bcd},           {"registry", expect_registry},
    {"file", expect_file},         {"sddl", expect_sddl},
    {"stored", expect_stored},     {"outsiders", expect_outsiders},
    {"diagnose", expect_diagnose}, {"power_cut", expect_power_cut},
    {"again", expect_again},       {"undo", expect_undo},
    {"drivers", expect_drivers},
};

}  // namespace

Result<repair::RepairReport> Stage::mend(repair::Transaction& transaction,
                                         bool dry_run) const {
  if (changes.empty() && !script) {
    auto trust = TRY(trust_of_stories());
    return repair::repair(transaction, {.recipes = recipes,
                                        .settings = settings,
                                        .dry_run = dry_run,
                                        .trust = std::move(trust)});
  }
  repair::RepairReport report;
  if (script) {
    report.applied = TRY(run_commands(*script, transaction, {.dry_run = dry_run}));
  } else {
    repair::Plan plan = TRY(plan_of(changes, transaction.disk()));
    report.applied =
        TRY(repair::apply_plan(transaction, plan, "a story's", {.dry_run = dry_run}));
  }
  bool changed = report.applied.bytes_written != 0;
  report.state = dry_run   ? repair::RepairState::planned
                 : changed ? repair::RepairState::repaired
                           : repair::RepairState::nothing_to_do;
  return report;
}

Result<ExpectationPtr> read_expectation(const harness::Yaml::Field& line) {
  std::string known;
  for (const Kind& kind : kKinds) {
    if (kind.word == line.key) {
      auto sentence = line.value.text();
      if (!sentence) return std::move(sentence).error();
      auto made = kind.make(*sentence);
      if (!made) return line.value.error(made.error().words());
      return made;
    }
    known += known.empty() ? "" : ", ";
    known += kind.word;
  }
  return line.value.error(
      fmt::format("'{}' isn't something to expect; these are: {}", line.key, known));
}

Result<Sentence> split_sentence(std::string_view text) {
  constexpr std::string_view kIs = " is ";
  std::size_t at = text.find(kIs);
  if (at == std::string_view::npos || at == 0 || at + kIs.size() == text.size()) {
    return Error(Errc::bad_argument, fmt::format("'{}' isn't 'X is Y'", text));
  }
  return Sentence{std::string(text.substr(0, at)),
                  std::string(text.substr(at + kIs.size()))};
}

}  // namespace drydock::scenarios
