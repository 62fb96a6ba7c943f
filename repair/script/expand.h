// What stands in a script for something else: %NAME%, $env:NAME, <PLACEHOLDER>.

#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "repair/script/call.h"

namespace drydock::script {

class Expander {
 public:
  Expander(const Places& places, const Fillings& fillings);

  // bad_argument for a placeholder without a filling and a variable that isn't set,
  // and where a line becomes longer than cmd.exe's; unsupported for %1 and
  // %NAME:...%.
  Result<std::string> expand(std::string_view line);

  // NAME=VALUE, or "NAME=VALUE"; without a value the name is set no more.
  Done set(std::string_view assignment);

  // bad_argument where a filling fits no placeholder of the script.
  Done check_all_used() const;

 private:
  Result<std::string> fill(std::string_view line);
  Result<std::string> substitute(std::string_view line) const;
  Result<std::string> value_of(std::string_view name, bool of_registry) const;

  Places places_;
  std::map<std::string, std::string> fillings_;  // by simple_name()
  std::set<std::string> used_;
  std::map<std::string, std::string> variables_;  // by name in lower case
};

}  // namespace drydock::script
