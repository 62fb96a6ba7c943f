// drydock undo, history: the journals beside an image.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/calm_commit.h"
#include "repair/cli/change.h"
#include "repair/cli/commands.h"
#include "repair/transaction.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

json description_json(const std::string& description) {
  return json::parse(description, nullptr, false).is_discarded()
             ? json(description)
             : json::parse(description);
}

}  // namespace

Exit undo(const UndoRequest& request, Report& report) {
  CalmCommit calm;
  auto receipt =
      repair::undo(request.image, {.parents = request.disk.parent_paths(),
                                   .although_parent = request.although_parent});
  if (!receipt) return fail_change(receipt.error(), report);
  report.print(fmt::format("put {} bytes in {} places back as they were (journal {})\n",
                           receipt->bytes_written, receipt->extent_count,
                           receipt->journal));
  report.document({{"journal", receipt->journal},
                   {"bytes_written", receipt->bytes_written},
                   {"extent_count", receipt->extent_count}});
  return Exit::done;
}

Exit history(const std::string& image, Report& report) {
  auto entries = repair::history(image);
  if (!entries) return report.fail(entries.error());
  json list = json::array();
  for (const repair::HistoryEntry& entry : *entries) {
    const std::string& name = entry.journal;
    bool known = entry.state != repair::JournalState::incomplete;
    json description = description_json(entry.head.description);
    std::string what = description.is_object() && description.contains("what")
                           ? description["what"].get<std::string>()
                           : entry.head.description;
    report.print(fmt::format("{}  {:<10} {:>8} bytes  {}\n    {}\n",
                             known ? to_string_utc(entry.head.time) : "-",
                             to_string(entry.state), entry.changed_size, what, name));
    if (!entry.problem.empty()) {
      report.print(fmt::format("    can't be read: {}\n", entry.problem));
    }
    json problem = entry.problem.empty() ? json(nullptr) : json(entry.problem);
    list.push_back(
        {{"journal", name},
         {"state", to_string(entry.state)},
         {"sequence", known ? json(entry.number) : json(nullptr)},
         {"time", known ? json(to_string_utc(entry.head.time)) : json(nullptr)},
         {"changed_size", entry.changed_size},
         {"extent_count", entry.extent_count},
         {"description", std::move(description)},
         {"problem", std::move(problem)}});
  }
  if (entries->empty()) report.print("nothing was changed by drydock\n");
  report.document({{"changes", std::move(list)}});
  return Exit::done;
}

}  // namespace drydock::cli
