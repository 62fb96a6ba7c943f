// What the words of reg.exe that change something come to: edits of a plan.
//
// Nothing is edited here, and nothing is written.

#pragma once

#include <string>
#include <vector>

#include "repair/plan.h"
#include "repair/reg/hives.h"
#include "repair/reg/words.h"
#include "repair/reg_file/reg_file.h"

namespace drydock::reg {

// Each gives the actions, and adds to `notes` what is left out.

Result<std::vector<repair::Action>> plan(const Add& add, Hives& hives,
                                         std::vector<std::string>& notes);

// Only what is there is deleted.  not_found where no control set has it.
Result<std::vector<repair::Action>> plan(const Delete& remove, Hives& hives,
                                         std::vector<std::string>& notes);

Result<std::vector<repair::Action>> plan(const Copy& copy, Hives& hives,
                                         std::vector<std::string>& notes);

// What the file has, in its order.  `root` says how its keys are named.  An error
// has the line.
Result<std::vector<repair::Action>> plan(const Import& import,
                                         const std::vector<reg_file::Section>& sections,
                                         Root root, Hives& hives,
                                         std::vector<std::string>& notes);

// The key holds what `saved` does, and nothing else.
Result<std::vector<repair::Action>> plan(const Restore& restore,
                                         const hive::Hive& saved, Hives& hives,
                                         std::vector<std::string>& notes);

}  // namespace drydock::reg
