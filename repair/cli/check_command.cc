// drydock check.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/check.h"
#include "repair/cli/commands.h"
#include "repair/cli/progress_bar.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

Result<repair::DiskCheck> check_image_at(const CheckRequest& request, Report& report) {
  repair::View view =
      TRY(repair::open_view(request.image, request.disk.parent_paths()));
  report.track(view.file);
  ProgressBar bar("check");
  return repair::check_disk(view, request.disk.options(), bar.progress());
}

std::string part_text(const repair::CheckedPart& part) {
  std::string text = fmt::format("{:<14} {}", to_string(part.verdict), part.what);
  for (const auto& [name, count] : part.counts) {
    text += fmt::format(", {} {}", count, name);
  }
  text += '\n';
  for (const std::string& note : part.notes) text += fmt::format("  {}\n", note);
  for (const std::string& why : part.why) {
    text += fmt::format("  not looked at: {}\n", why);
  }
  for (const VolumeProblem& problem : part.problems) {
    text += fmt::format("  {}: {}: {}: {}\n", to_string(problem.severity), problem.rule,
                        problem.where, problem.what);
  }
  std::uint64_t count = part.error_count + part.warning_count;
  if (count > part.problems.size()) {
    text += fmt::format("  and {} more\n", count - part.problems.size());
  }
  return text;
}

json number_json(const std::optional<std::uint64_t>& number) {
  return number ? json(*number) : json(nullptr);
}

json part_json(const repair::CheckedPart& part) {
  json problems = json::array();
  for (const VolumeProblem& problem : part.problems) {
    problems.push_back({{"rule", problem.rule},
                        {"what", problem.what},
                        {"where", problem.where},
                        {"severity", to_string(problem.severity)},
                        {"record", number_json(problem.record)},
                        {"cluster", number_json(problem.cluster)}});
  }
  json counts = json::object();
  for (const auto& [name, count] : part.counts) counts[name] = count;
  return {{"what", part.what},
          {"verdict", to_string(part.verdict)},
          {"why", part.why},
          {"notes", part.notes},
          {"problems", std::move(problems)},
          {"error_count", part.error_count},
          {"warning_count", part.warning_count},
          {"counts", std::move(counts)}};
}

Exit exit_of(repair::Verdict verdict) {
  switch (verdict) {
    case repair::Verdict::healthy:
      return Exit::done;
    case repair::Verdict::fault:
      return Exit::faults;
    case repair::Verdict::could_not_tell:
      break;
  }
  return Exit::could_not_tell;
}

}  // namespace

Exit check(const CheckRequest& request, Report& report) {
  auto checked = check_image_at(request, report);
  if (!checked) return report.fail(checked.error(), Exit::could_not_tell);
  json parts = json::array();
  for (const repair::CheckedPart& part : checked->parts) {
    report.print(part_text(part));
    parts.push_back(part_json(part));
  }
  report.print(fmt::format("verdict: {}\n", to_string(checked->verdict)));
  report.document(
      {{"verdict", to_string(checked->verdict)}, {"parts", std::move(parts)}});
  return exit_of(checked->verdict);
}

}  // namespace drydock::cli
