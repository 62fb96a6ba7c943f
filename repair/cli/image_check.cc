// drydock image check.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "repair/cli/calm_commit.h"
#include "repair/cli/image_source.h"
#include "repair/cli/progress_bar.h"
#include "repair/cli/second_reader.h"
#include "vhd/base/try.h"
#include "vhd/check.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

struct Checked {
  std::vector<Problem> problems;
  bool mended = false;
  std::optional<SecondReading> second;

  bool has_errors() const {
    return std::ranges::any_of(
        problems, [](const Problem& p) { return p.severity == Severity::error; });
  }
  bool at_fault() const { return has_errors() || (second && second->first_difference); }
};

Result<std::vector<Problem>> look(const ImageChoice& choice, Report& report) {
  auto file = TRY(FileDevice::open(choice.file));
  auto problems = TRY(check_image(file).in(choice.file));
  report.count(file->traffic());
  return problems;
}

Done mend(const ImageChoice& choice, Report& report) {
  CalmCommit calm;
  auto file = TRY(FileDevice::open(choice.file, {.writable = true}));
  TRY(mend_image(file).in(choice.file));
  report.count(file->traffic());
  return {};
}

Result<SecondReading> ask_second_reader(const ImageChoice& choice, Report& report) {
  ImageSource source = TRY(open_source(choice, report));
  ProgressBar bar("second reader");
  return read_again(choice.file, source.image(), bar.progress());
}

Result<Checked> check(const ImageCheckRequest& request, Report& report) {
  Checked checked;
  checked.problems = TRY(look(request.image, report));
  if (request.repair && std::ranges::any_of(checked.problems, &Problem::repairable)) {
    TRY(mend(request.image, report));
    checked.mended = true;
    checked.problems = TRY(look(request.image, report));
  }
  if (request.second_reader && !checked.has_errors()) {
    checked.second = TRY(ask_second_reader(request.image, report));
  }
  return checked;
}

std::string second_text(const SecondReading& second) {
  if (second.not_asked) {
    return fmt::format("{} wasn't asked: {}\n", second.reader, *second.not_asked);
  }
  if (!second.first_difference) {
    return fmt::format("{} shows the same disk\n", second.reader);
  }
  return fmt::format("{} shows another disk, first at byte {}\n", second.reader,
                     *second.first_difference);
}

json second_json(const SecondReading& second) {
  std::string verdict = second.not_asked          ? "could_not_tell"
                        : second.first_difference ? "fault"
                                                  : "healthy";
  return {{"reader", second.reader},
          {"verdict", verdict},
          {"why", second.not_asked ? json(*second.not_asked) : json(nullptr)},
          {"first_difference",
           second.first_difference ? json(*second.first_difference) : json(nullptr)}};
}

json problem_json(const Problem& problem) {
  return {{"what", problem.what},
          {"where", problem.where},
          {"severity", to_string(problem.severity)},
          {"repairable", problem.repairable}};
}

}  // namespace

Exit image_check(const ImageCheckRequest& request, Report& report) {
  auto checked = check(request, report);
  if (!checked) return report.fail(checked.error(), Exit::could_not_tell);
  json problems = json::array();
  if (checked->mended) report.print("mended; what is left:\n");
  for (const Problem& problem : checked->problems) {
    problems.push_back(problem_json(problem));
    report.print(fmt::format("{}: {}: {}{}\n", to_string(problem.severity),
                             problem.where, problem.what,
                             problem.repairable ? " (--repair)" : ""));
  }
  if (checked->problems.empty()) report.print("no problem was found\n");
  if (checked->second) report.print(second_text(*checked->second));
  report.document({{"verdict", checked->at_fault() ? "fault" : "healthy"},
                   {"problems", std::move(problems)},
                   {"mended", checked->mended},
                   {"second_reader",
                    checked->second ? second_json(*checked->second) : json(nullptr)}});
  return checked->at_fault() ? Exit::faults : Exit::done;
}

}  // namespace drydock::cli
