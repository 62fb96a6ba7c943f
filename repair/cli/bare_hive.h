// A hive or a boot store in a file of the host, without a disk around it.  Its
// logs are files of its name and .LOG, .LOG1 or .LOG2 beside it, in any case.

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

// The logs beside it.  not_found where there is none, not even an empty one:
// that they were left behind when the hive was copied is likelier than that there
// were none.
Result<std::vector<hive::LogFile>> read_bare_logs(const std::string& path,
                                                  Report& report);

// Recovered from its logs; a note says so.
Result<hive::Hive> open_bare_hive(const std::string& path, Report& report);

// Says on stderr what became of the logs of a hive that is shown.
void note_recovery(const hive::Hive& hive, const std::string& name, Report& report);
// Adds it to what is said of a plan.
void add_recovery_note(const hive::Hive& hive, std::vector<std::string>& notes);

// Applies registry and store edits: all or nothing, by a new file that takes the
// old one's name.  There is no journal and no undo: keep a copy.
Exit change_bare_hive(const std::string& path, bool dry_run,
                      const std::vector<repair::Action>& actions, Report& report);

// Replaces the file by `hive`, which was recovered from it, with sequence numbers
// above all that its logs hold.
Done settle_bare_hive(const std::string& path, const hive::Hive& hive, Report& report);

}  // namespace drydock::cli
