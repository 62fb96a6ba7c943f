// Where a Windows keeps its hives: the machine's, the services' and the users'.

#pragma once

#include <vector>

#include "repair/installation.h"

namespace drydock::repair {

// Each hive of `windows` that is there, its boot store last.
std::vector<GuestPath> hive_files(const Installation& windows);

// Those of them whose header says that their logs hold what they lack.  Reads a
// sector of each; one that can't be read isn't among them.
std::vector<GuestPath> dirty_hive_files(const Installation& windows);

}  // namespace drydock::repair
