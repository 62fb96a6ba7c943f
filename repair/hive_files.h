// Where a Windows keeps its hives: the machine's, the services' and the users'.

#pragma once

#include <string_view>
#include <vector>

#include "repair/installation.h"

namespace drydock::repair {

// Each hive of `windows` that is there, its boot store last.
std::vector<GuestPath> hive_files(const Installation& windows);

// Those of them whose header says that their logs hold what they lack.  Reads a
// sector of each; one that can't be read isn't among them.
std::vector<GuestPath> dirty_hive_files(const Installation& windows);

// A user has two: what HKU\NAME shows, and what HKU\NAME_Classes does.
enum class UserHive : std::uint8_t { settings, classes };

// That of the user whose profile's folder, or whose SID, is `name`.  A SID leads
// through ProfileList of SOFTWARE.  not_found where there is no such user, or no
// such file.
Result<GuestPath> user_hive(const Installation& windows, std::string_view name,
                            UserHive which = UserHive::settings);

}  // namespace drydock::repair
