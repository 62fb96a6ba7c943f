// What the words of reg.exe come to: text or JSON of a query, and the actions
// of an edit.
//
// Nothing is edited here.  `path` is the key in the hive, below its root:
// CurrentControlSet isn't there, so whoever has read Select says what stands
// for it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "repair/cli/reg_words.h"
#include "repair/guest_path.h"
#include "repair/plan.h"

namespace drydock::cli {

// As reg.exe prints it: values, then the names of subkeys; with /s all below.
// not_found where the key or the value isn't there.
Result<std::string> print_reg(const RegQuery& query, const hive::Hive& hive,
                              std::string_view path);

// One JSON document: {"key", "values", "subkeys", "keys"}.  "keys" lists those
// below, in the same form, with /s; without, it is null.
Result<std::string> json_of_reg(const RegQuery& query, const hive::Hive& hive,
                                std::string_view path);

// One edit for each of `paths`, keys of the hive in the file `where`: one path,
// or the same key in several control sets.
std::vector<repair::Action> plan_reg(const RegAdd& add, const repair::GuestPath& where,
                                     const std::vector<std::string>& paths);

// Only what is there is deleted.  not_found where none of `paths` has it.
Result<std::vector<repair::Action>> plan_reg(const RegDelete& remove,
                                             const hive::Hive& hive,
                                             const repair::GuestPath& where,
                                             const std::vector<std::string>& paths);

}  // namespace drydock::cli
