// Runs the commands of a troubleshooting article on a disk, as they stand.
//
//   Script script = TRY(read_script(text, places_of(drives), fillings));
//   Machine machine(transaction.disk(), installation, drives);
//   TRY(run(script, machine));
//
// All lines are understood before the first is run.  They are run on the overlay of
// a transaction; whoever began it commits it, or not.

#pragma once

#include <string_view>
#include <vector>

#include "repair/script/call.h"
#include "repair/script/machine.h"
#include "repair/script/verb.h"
#include "vhd/base/bytes.h"

namespace drydock::script {

// The text of a script's file: UTF-8, or UTF-16 with its mark.  bad_argument where
// it is neither, or longer than kTextSizeMax.
Result<std::string> decode_text(Bytes file);

// "F:" and "G:=esp": a letter, and its volume, without which it is Windows' own.
// bad_argument for what isn't one, and where two have one letter.
Result<Drives> parse_drives(const std::vector<std::string>& words);

// What %SystemRoot% and its like are, with these drives.
Places places_of(const Drives& drives, std::string_view root = "\\Windows");

struct Line {
  Call call;
  Run run;
};
using Script = std::vector<Line>;

// Fails as read_calls(), with the line, and as bad_argument where a command isn't
// known or its words are wrong, or there is none at all.
Result<Script> read_script(std::string_view text, const Places& places,
                           const Fillings& fillings = {});

// Runs all lines.  The first that can't be run ends it, and its Error names the line.
// What was there to be deleted, and isn't, is no Error: a note says so.
Done run(const Script& script, Machine& machine);

}  // namespace drydock::script
