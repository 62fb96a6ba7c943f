// What each command of a script does.
//
// A line is looked at twice: first its words, for all lines, before anything is
// done; then it is carried out on the machine, after the lines before it.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/script/call.h"
#include "repair/script/machine.h"

namespace drydock::script {

// What is left of a command once its words are understood.
using Run = std::function<Done(Machine&)>;

// bad_argument for words that the command wouldn't take; unsupported for those that
// we don't carry out.  The line is the caller's to add.
using Prepare = Result<Run> (*)(const Call& call);

struct Verb {
  std::string_view name;
  Prepare prepare;
};

// By what they work on.
const std::vector<Verb>& file_verbs();      // copy, ren, del, md, type ...
const std::vector<Verb>& tree_verbs();      // xcopy, robocopy
const std::vector<Verb>& registry_verbs();  // reg
const std::vector<Verb>& boot_verbs();      // bcdedit
const std::vector<Verb>& rights_verbs();    // takeown, icacls
const std::vector<Verb>& package_verbs();   // dism
// What has nothing to do here, and what drydock has instead: pause, sfc, chkdsk ...
const std::vector<Verb>& other_verbs();

// "f:" alone, which is a command; nullptr for any other name.
const Verb* drive_verb(std::string_view name);

// The command of this name; nullptr where there is none.
const Verb* find_verb(std::string_view name);
// The name that was likely meant; "" for none.
std::string likely_verb(std::string_view name);

}  // namespace drydock::script
