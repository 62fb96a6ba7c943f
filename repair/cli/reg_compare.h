// What `reg compare` says of two keys.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/cli/reg_words.h"

namespace drydock::cli {

// A key, in one hive or the other.
struct RegSide {
  const hive::Hive* hive = nullptr;
  std::string path;  // below the root
  std::string name;  // whole, as reg.exe prints it
};

// A value of one name, or with no name a subkey, on either side.
struct RegPair {
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
Result<std::vector<RegPair>> compare_reg(const RegCompare& compare,
                                         const RegSide& first, const RegSide& second);

bool all_alike(const std::vector<RegPair>& pairs);

// As reg.exe prints them: "<" what the first has, ">" the second, "=" both.
std::string print_reg(const RegCompare& compare, const std::vector<RegPair>& pairs,
                      const RegSide& first, const RegSide& second);

// {"first", "second", "identical", "compared", "differences"}.
std::string json_of_reg(const std::vector<RegPair>& pairs, const RegSide& first,
                        const RegSide& second);

}  // namespace drydock::cli
