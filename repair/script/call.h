// The commands of a script, as cmd.exe would take them off its lines.
//
//   REM Turn the serial console on
//   set STORE=F:\boot\bcd
//   bcdedit /store %STORE% /ems {default} ON
//   reg query HKLM\BROKENSYSTEM\Select > F:\select.txt
//
// Words alone: what a command does is verb.h's question.  Understood are REM, ::,
// # and @; ^ and, as articles for PowerShell have it, ` before a letter or at a
// line's end; "..." and '...'; & and &&; > and >>; set and %NAME%; and
// `if [not] exist PATH`.  A prompt that was copied along is taken off.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/base/result.h"

namespace drydock::script {

// Of a text that a person wrote.
inline constexpr std::size_t kTextSizeMax = std::size_t{1} << 20;
inline constexpr std::size_t kLineLengthMax = 8191;  // cmd.exe's own

struct Redirection {
  std::string file;
  bool appends = false;
};

// `if [not] exist PATH` before a command.
struct Condition {
  std::string path;
  bool negated = false;
};

struct Call {
  std::size_t line = 0;  // counted from 1
  std::string text;      // with all that was filled in and corrected
  std::string name;      // lower case, without folders and ".exe"
  std::string tail;      // what follows it; quotes as they stood
  std::optional<Redirection> output = {};
  std::optional<Condition> condition = {};
  std::vector<std::string> notes = {};  // corrections
};

// What stands for %SystemRoot% and its like.  Files are reached through the letter
// that the disk has in the script; what is written into a registry is read by the
// Windows on it, to which it is C:.
struct Places {
  std::string drive = "C:";
  std::string root = "\\Windows";  // in the volume
};

// Values for placeholders, by name: "OS DISK LETTER" for <OS DISK LETTER>.  Names
// match without regard to case and to how many spaces there are.
using Fillings = std::map<std::string, std::string>;

// bad_argument, with the line, for what can't be understood: a placeholder without a
// filling, a variable that is set nowhere, pipes, blocks and jumps, a quote without
// its other one.  A filling that no line has room for is bad_argument, too.
Result<std::vector<Call>> read_calls(std::string_view text, const Places& places,
                                     const Fillings& fillings = {});

// The words of a tail.  As a program gets them: a quote after a back slash is one
// letter of a word.
std::vector<std::string> program_words(std::string_view tail);
// As cmd.exe's own commands take them: quotes keep words together, and that is all;
// a / begins a word of its own.
std::vector<std::string> shell_words(std::string_view tail);

}  // namespace drydock::script
