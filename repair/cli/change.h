// The way of every verb that changes an image: put, rm, reg add and bcdedit
// /set begin a transaction, make a plan, and apply it.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "repair/cli/commands.h"
#include "repair/plan.h"
#include "repair/repair.h"

namespace drydock::cli {

// Makes the plan from what is on the disk.  `installation` is the Windows that
// is meant, where that could be told or was said.
using MakePlan = std::function<Result<repair::Plan>(const repair::Disk& disk,
                                                    std::size_t installation)>;

// Looks at the rehearsed disk before anything is committed, as ApplyOptions have it.
using Prove = std::function<Done(const repair::Disk& rehearsed)>;

// `what` is the command, for the journal and the report.
Exit change_image(const std::string& image, const ChangeOptions& options,
                  const std::string& what, const MakePlan& make_plan, Report& report,
                  const Prove& prove = {});

// What was or would be done: where, before, after; and the notes.
void report_change(const repair::Applied& applied, bool dry_run, Report& report);

// The same without the edits.
void report_notes(const repair::Applied& applied, bool dry_run, Report& report);
// "planned", "repaired" or "nothing_to_do".
std::string_view state_of(const repair::Applied& applied, bool dry_run);

// The outcomes as a person reads them: where, before, after, why.
std::string diff_text(const std::vector<repair::Outcome>& outcomes);

// An Error of a change: 4 where only `recover` can finish it, else 3.
Exit fail_change(const Error& error, Report& report);

}  // namespace drydock::cli
