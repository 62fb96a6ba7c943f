// A YAML document as plain values, each knowing the line that it came from.
//
// The specs of images and the stories are YAML.  What they hold is checked
// word by word, so that a mistyped key is an error with a file and a line and
// not a check that silently never ran.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vhd/base/result.h"

namespace drydock::harness {

class Yaml {
 public:
  enum class Kind : std::uint8_t { null, text, list, map };
  struct Field;  // the key with its place, and the value

  // All of one document.  bad_argument for what isn't YAML; `name` is what
  // places are told with: "default-missing.yaml:3".
  static Result<Yaml> parse(std::string_view text, std::string_view name);

  Kind kind() const { return kind_; }
  const std::string& place() const { return place_; }

  // Each fails with bad_argument, naming the place, for another kind.
  Result<std::string> text() const;
  Result<std::vector<Yaml>> list() const;
  Result<std::vector<Field>> fields() const;

  // The value of `key` in a map, or null's.
  Yaml get(std::string_view key) const;
  // bad_argument, naming the place, for a key that isn't one of `known`.
  Done only(std::initializer_list<std::string_view> known) const;

  // An Error about this place.
  Error error(std::string words) const;

 private:
  friend class YamlReader;

  Kind kind_ = Kind::null;
  std::string place_;
  std::string text_;
  std::vector<Yaml> items_;  // of a list; of a map, the values
  std::vector<Yaml> keys_;   // of a map
};

struct Yaml::Field {
  std::string key;
  Yaml value;
};

}  // namespace drydock::harness
