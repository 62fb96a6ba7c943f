// The words of a command, its options apart from what they are about.

#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/base/result.h"

namespace drydock::script {

// Options begin with / and stand anywhere; what they are called matches without
// regard to case.  Each is taken by name; what is left at the end isn't known.
class Options {
 public:
  explicit Options(std::vector<std::string> words);

  // The words that are no options, in their order.
  const std::vector<std::string>& operands() const { return operands_; }

  // "s" is /s.  False where it isn't given.
  bool take(std::string_view name);
  // "a" is /a, /a:rh and /arh: what follows, without the colon.
  std::optional<std::string> take_value(std::string_view name);
  // Takes those that only say how to ask, or what to show.
  void ignore(std::initializer_list<std::string_view> names);
  // Those that the command has and we don't: unsupported where one is given.
  Done refuse(std::initializer_list<std::string_view> names) const;
  // bad_argument that names the first which wasn't taken.
  Done check_all_taken() const;
  // bad_argument where there aren't that many operands; `shape` is "copy FROM [TO]".
  Done check_operands(std::size_t least, std::size_t most,
                      std::string_view shape) const;

 private:
  std::vector<std::string> options_;  // as they stood, without the /
  std::vector<std::string> operands_;
};

}  // namespace drydock::script
