// The words of reg.exe: query, add and delete, and the names of keys.
//
// Parsing looks at words alone, not at a hive: what a command comes to is
// reg_command.h's question.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "repair/hive/hive.h"

namespace drydock::cli {

// A key, and the hive that it lies in.
struct RegKey {
  std::string hive;  // "SYSTEM", as Installation::open_hive() takes it, or
                     // "BCD00000000"; "" for a hive in a file of its own
  std::string path;  // below the hive's root; CurrentControlSet as it stood
  std::string root;  // how reg.exe prints the hive: "HKEY_LOCAL_MACHINE\SYSTEM"
};

// reg query KEY [/v NAME | /ve] [/s]
struct RegQuery {
  RegKey key;
  std::optional<std::string> value;  // "" is the default value
  bool recursive = false;            // /s
};

// reg add KEY [/v NAME | /ve] [/t TYPE] [/s SEPARATOR] [/d DATA] [/f]
struct RegAdd {
  RegKey key;
  std::optional<hive::Value> value;  // nothing: the key alone
};

// reg delete KEY [/v NAME | /ve | /va] [/f]
struct RegDelete {
  RegKey key;
  std::optional<std::string> value;  // nothing: the key with all below
  bool all_values = false;           // /va: the values, but not the key
};

using RegCommand = std::variant<RegQuery, RegAdd, RegDelete>;

// Whether a key's name starts with the hive's: always, but for a hive in a file
// of its own, whose keys may be named from its root on.
enum class RegRoot : std::uint8_t { named, optional };

// From the words after "reg" and the image's name.  Options may start with / or
// -, in any case.  /f changes nothing: there is nobody to ask.  bad_argument
// where reg.exe wouldn't take the line either; unsupported for its other
// commands, and for hives that no file of Windows' own holds.
Result<RegCommand> parse_reg(const std::vector<std::string>& words,
                             RegRoot root = RegRoot::named);

// "HKLM\SYSTEM\Select"; long names of roots and short ones.
Result<RegKey> parse_reg_key(std::string_view text, RegRoot root = RegRoot::named);

// What /t TYPE /d DATA makes.  Texts of REG_MULTI_SZ stand between separators;
// numbers are decimal or 0x and hex; REG_BINARY is pairs of hex digits.
Result<hive::Value> parse_reg_data(std::string_view name, std::string_view type,
                                   std::string_view data,
                                   std::string_view separator = "\\0");

}  // namespace drydock::cli
