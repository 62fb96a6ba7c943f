// The commands of a story: those of an article, run as `drydock script` runs them.
//
//   script: { file: serial-console.cmd, drive: 'F:' }
//   set:    { 'BOOT LOADER IDENTIFIER': '{default}' }

#pragma once

#include <filesystem>
#include <string>

#include "harness/yaml.h"
#include "repair/repair.h"
#include "repair/script/script.h"
#include "repair/transaction.h"

namespace drydock::scenarios {

struct Commands {
  std::string name;  // of the file
  std::string text;
  script::Drives drives;
  script::Fillings fillings;
};

// Reads the file, in `folder`.  bad_argument, naming the place, for what isn't one.
Result<Commands> read_commands(const harness::Yaml& node,
                               const std::filesystem::path& folder);

// Runs them as one transaction.  Fails as script::run().
Result<repair::Applied> run_commands(const Commands& commands,
                                     repair::Transaction& transaction,
                                     repair::ApplyOptions options = {});

}  // namespace drydock::scenarios
