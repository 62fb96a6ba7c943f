// What the words of reg.exe that change something come to: edits of a plan.
//
// Nothing is edited here, and nothing is written.

#pragma once

#include <string>
#include <vector>

#include "repair/cli/reg_hives.h"
#include "repair/cli/reg_words.h"
#include "repair/plan.h"
#include "repair/reg_file/reg_file.h"

namespace drydock::cli {

// Each gives the actions, and adds to `notes` what is left out.

Result<std::vector<repair::Action>> plan_reg(const RegAdd& add, RegHives& hives,
                                             std::vector<std::string>& notes);

// Only what is there is deleted.  not_found where no control set has it.
Result<std::vector<repair::Action>> plan_reg(const RegDelete& remove, RegHives& hives,
                                             std::vector<std::string>& notes);

Result<std::vector<repair::Action>> plan_reg(const RegCopy& copy, RegHives& hives,
                                             std::vector<std::string>& notes);

// What the file has, in its order.  `root` says how its keys are named.  An error
// has the line.
Result<std::vector<repair::Action>> plan_reg(
    const RegImport& import, const std::vector<reg_file::Section>& sections,
    RegRoot root, RegHives& hives, std::vector<std::string>& notes);

// The key holds what `saved` does, and nothing else.
Result<std::vector<repair::Action>> plan_reg(const RegRestore& restore,
                                             const hive::Hive& saved, RegHives& hives,
                                             std::vector<std::string>& notes);

}  // namespace drydock::cli
