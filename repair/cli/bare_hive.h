// A hive or a boot store in a file of the host, without a disk around it.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "repair/cli/report.h"
#include "repair/hive/hive.h"
#include "repair/plan.h"

namespace drydock::cli {

// Whether the file starts as a hive does.  False for what can't be read.
bool is_bare_hive(const std::string& path);

Result<hive::Hive> open_bare_hive(const std::string& path, Report& report);

// Applies registry and store edits: all or nothing, by a new file that takes the
// old one's name.  There is no journal and no undo: keep a copy.
Exit change_bare_hive(const std::string& path, bool dry_run,
                      const std::vector<repair::Action>& actions, Report& report);

}  // namespace drydock::cli
