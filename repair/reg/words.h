// The words of reg.exe: its commands and their options.
//
// Parsing looks at words alone, not at a hive: what a command comes to is
// reg_query.h's, reg_compare.h's and reg_edits.h's question.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "repair/hive/hive.h"
#include "repair/reg/key.h"

namespace drydock::reg {

// What of a key /f looks at.
struct Where {
  bool keys = true;
  bool names = true;  // of values
  bool data = true;
};

// reg query KEY [/v NAME | /ve] [/s] [/f PATTERN [/k] [/d] [/c] [/e]] [/t TYPE]
//     [/z] [/se SEPARATOR]
struct Query {
  KeyName key;
  std::optional<std::string> value = {};    // "" is the default value
  bool recursive = false;                   // /s
  std::optional<std::string> pattern = {};  // /f; * and ? stand for letters
  Where where = {};
  bool case_matters = false;                 // /c
  bool whole = false;                        // /e: the pattern is all of it
  std::optional<hive::ValueType> type = {};  // /t
  bool type_numbers = false;                 // /z
  std::string separator = "\\0";             // /se, of REG_MULTI_SZ

  // Whether it counts what it finds, instead of showing a key.
  bool is_search() const { return pattern || type || (recursive && value); }
};

// reg add KEY [/v NAME | /ve] [/t TYPE] [/s SEPARATOR] [/d DATA] [/f]
struct Add {
  KeyName key;
  std::optional<hive::Value> value = {};  // nothing: the key alone
};

// reg delete KEY [/v NAME | /ve | /va] [/f]
struct Delete {
  KeyName key;
  std::optional<std::string> value = {};  // nothing: the key with all below
  bool all_values = false;                // /va: the values, but not the key
};

// reg copy KEY KEY [/s] [/f]
struct Copy {
  KeyName from;
  KeyName to;
  bool recursive = false;
};

// reg compare KEY KEY [/v NAME | /ve] [/oa | /od | /os | /on] [/s]
struct Compare {
  KeyName first;
  KeyName second;
  std::optional<std::string> value = {};
  bool recursive = false;
  bool shows_differences = true;
  bool shows_matches = false;
};

// reg export KEY FILE [/y], and reg save KEY FILE [/y]
struct Export {
  KeyName key;
  std::string file;  // of the host
  bool replaces = false;
};
struct Save {
  KeyName key;
  std::string file;
  bool replaces = false;
};

// reg import FILE
struct Import {
  std::string file;
  bool seen_by_32_bits = false;
};

// reg restore KEY FILE
struct Restore {
  KeyName key;
  std::string file;
};

using Command =
    std::variant<Query, Add, Delete, Copy, Compare, Export, Save, Import, Restore>;

// From the words after "reg" and the image's name.  Options may start with / or
// -, in any case; every command takes /reg:32 and /reg:64.  /f of add, delete and
// copy changes nothing: there is nobody to ask.  bad_argument where reg.exe
// wouldn't take the line either; unsupported for its other commands, and for keys
// as parse_key() says.
Result<Command> parse(const std::vector<std::string>& words, Root root = Root::named);

// The files of the host that the words name: said before anything is parsed that
// comes from an image.  "" for none.
struct Files {
  std::string read;
  std::string written;
};
Files files_of(const std::vector<std::string>& words);

// What /t TYPE /d DATA makes.  Texts of REG_MULTI_SZ stand between separators;
// numbers are decimal or 0x and hex; what is neither text nor number is pairs of hex
// digits.
Result<hive::Value> parse_data(std::string_view name, std::string_view type,
                               std::string_view data,
                               std::string_view separator = "\\0");

}  // namespace drydock::reg
