// What `reg compare` says of two keys.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/reg/words.h"

namespace drydock::reg {

// A key, in one hive or the other.
struct Side {
  const hive::Hive* hive = nullptr;
  std::string path;  // below the root
  std::string name;  // whole, as reg.exe prints it
};

// A value of one name, or with no name a subkey, on either side.
struct Pair {
  std::string key;  // below the two that are compared; "" for them
  std::optional<std::string> name = {};
  std::optional<hive::Value> first = {};  // of a value: nothing where it isn't there
  std::optional<hive::Value> second = {};
  bool in_first = false;
  bool in_second = false;

  bool alike() const;
};

// Each pair, in the order of the first key, then what only the second has.  Of a
// subkey that only one side has, nothing below is compared.  not_found where either
// key isn't there, or neither has the value that is asked for.
Result<std::vector<Pair>> compare(const Compare& compare, const Side& first,
                                  const Side& second);

bool all_alike(const std::vector<Pair>& pairs);

// As reg.exe prints them: "<" what the first has, ">" the second, "=" both.
std::string print(const Compare& compare, const std::vector<Pair>& pairs,
                  const Side& first, const Side& second);

// {"first", "second", "identical", "compared", "differences"}.
std::string to_json_text(const std::vector<Pair>& pairs, const Side& first,
                         const Side& second);

}  // namespace drydock::reg
