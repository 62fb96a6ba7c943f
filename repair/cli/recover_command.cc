// drydock recover: what was left unfinished, by us or by Windows.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/calm_commit.h"
#include "repair/cli/change.h"
#include "repair/cli/commands.h"
#include "repair/cli/json.h"
#include "repair/recovery.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"

namespace drydock::cli {
namespace {

using nlohmann::json;

// What an interrupted change of ours came to.
json report_settled(const std::vector<repair::Settled>& settled, Report& report) {
  json list = json::array();
  for (const repair::Settled& entry : settled) {
    bool removed = entry.after == repair::JournalState::incomplete;
    std::string_view after = removed ? "removed" : to_string(entry.after);
    report.print(fmt::format("{}: {}, now {}\n", entry.receipt.journal,
                             to_string(entry.before), after));
    list.push_back({{"journal", entry.receipt.journal},
                    {"before", to_string(entry.before)},
                    {"after", after}});
  }
  return list;
}

// What Windows left unfinished, finished in one transaction.
struct Recovered {
  repair::Applied applied;
  bool all = false;  // nothing was left as it is
};

Result<Recovered> recover_disk(const RecoverRequest& request, Report& report) {
  auto transaction =
      TRY(repair::Transaction::begin(request.image, request.change.transaction()));
  report.track(transaction->view().file);
  repair::Plan plan = repair::recovery_plan(transaction->disk());
  bool all = plan.notes.empty();
  return Recovered{TRY(repair::apply_plan(*transaction, plan, "recover",
                                          {.dry_run = request.change.dry_run})),
                   all};
}

}  // namespace

Exit recover(const RecoverRequest& request, Report& report) {
  CalmCommit calm;
  json settled = json::array();
  if (!request.change.dry_run) {
    // By itself, because it needs nothing of the disk to be understood.
    auto journals = repair::recover(request.image, request.change.disk.parent_paths());
    if (!journals) return fail_change(journals.error(), report);
    settled = report_settled(*journals, report);
  }
  auto recovered = recover_disk(request, report);
  if (!recovered) return fail_change(recovered.error(), report);
  const repair::Applied& applied = recovered->applied;
  if (!applied.outcomes.empty() || !applied.notes.empty()) {
    report_change(applied, request.change.dry_run, report);
  } else if (settled.empty()) {
    report.print("nothing was left unfinished\n");
  }
  report.document(
      {{"settled", std::move(settled)},
       {"edits", to_json(applied.outcomes)},
       {"notes", applied.notes},
       {"journal", applied.journal ? json(*applied.journal) : json(nullptr)},
       {"bytes_written", applied.bytes_written}});
  return recovered->all ? Exit::done : Exit::faults;
}

}  // namespace drydock::cli
