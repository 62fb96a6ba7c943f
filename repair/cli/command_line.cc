#include "repair/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

namespace drydock::cli {

namespace {

// Takes --json and --stats out of the words, wherever they stand: bcdedit's and
// reg's own words are left as they are.
ReportOptions take_report_options(std::vector<std::string>& words) {
  ReportOptions options;
  auto take = [&words](std::string_view word) {
    auto end = std::find(words.begin(), words.end(), "--");
    auto kept = std::remove(words.begin(), end, word);
    bool found = kept != end;
    words.erase(kept, end);
    return found;
  };
  options.json = take("--json");
  options.stats = take("--stats");
  return options;
}

}  // namespace

int run(std::vector<std::string> words, const AddVerbs& add_verbs) {
  ReportOptions options = take_report_options(words);
  CLI::App app("drydock mends Windows disks without starting them", "drydock");
  app.set_version_flag("--version", "drydock " DRYDOCK_VERSION);
  app.require_subcommand(1);
  Command command;
  add_verbs(app, command);
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back.
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  Report report(options);
  Exit exit = command(report);
  report.finish();
  return static_cast<int>(exit);
}

}  // namespace drydock::cli
