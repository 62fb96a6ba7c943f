// One run of a program: words in, one request out, an exit code.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "repair/cli/report.h"

namespace CLI {
class App;
}

namespace drydock::cli {

using Command = std::function<Exit(Report&)>;

// Adds the verbs of a program; the one that is parsed sets the Command.
using AddVerbs = std::function<void(CLI::App&, Command&)>;

// `words` is the command line without the program's name.
int run(std::vector<std::string> words, const AddVerbs& add_verbs);

}  // namespace drydock::cli
