// The way of every verb that changes an image: put, rm, reg add, bcdedit /set
// and repair begin a transaction, make a plan, rehearse it, and commit it.

#pragma once

#include <functional>
#include <string>

#include "repair/cli/commands.h"
#include "repair/plan.h"

namespace drydock::cli {

// Makes the plan from what is on the disk, for the Windows of that index.
using MakePlan =
    std::function<Result<repair::Plan>(const repair::Disk& disk, std::size_t installation)>;

// `what` is the verb, for the journal and the report.
Exit change_image(const std::string& image, const ChangeOptions& options,
                  const std::string& what, const MakePlan& make_plan, Report& report);

// The outcomes as a person reads them: where, before, after.
std::string diff_text(const std::vector<repair::Outcome>& outcomes);

}  // namespace drydock::cli
