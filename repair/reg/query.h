// What `reg query` finds in a hive, and how it is printed.
//
// `path` is the key in the hive, below its root: path_to_read() has said what
// stands for CurrentControlSet.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/reg/words.h"

namespace drydock::reg {

// What is shown of one key.
struct Found {
  std::string name;                  // whole, as reg.exe prints it
  bool shown = false;                // its name, also where no value is
  std::vector<hive::Value> values;   // in the key's order
  std::vector<std::string> subkeys;  // whole names
};

struct Answer {
  std::vector<Found> keys;                        // the key of the query first
  std::optional<std::uint64_t> match_count = {};  // of a search
};

// not_found where the key isn't there, or of a query that is no search, the value;
// the default value is always there, be it unset.
Result<Answer> answer(const Query& query, const hive::Hive& hive,
                      std::string_view path);

// As reg.exe prints it: values, then the names of subkeys; with /s all below; of a
// search the number of matches.
std::string print(const Query& query, const Answer& answer);

// One JSON document: {"key", "values", "subkeys", "keys", "matches"}.  "keys" lists
// those below, in the same form, with /s; without, it is null.
std::string to_json_text(const Query& query, const Answer& answer);

}  // namespace drydock::reg
