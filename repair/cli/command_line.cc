#include "repair/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string_view>

#include "repair/cli/image_words.h"

namespace drydock::cli {

namespace {

// With less a worker can't hold what it was started with.
constexpr std::uint64_t kMemoryMin = std::uint64_t{64} << 20;
constexpr std::uint64_t kTimeMax = std::uint64_t{1} << 32;  // in seconds: 136 years

// The words before "--", which ends the options of a command line.
auto end_of_options(std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "--");
}

bool take(std::vector<std::string>& words, std::string_view word) {
  auto end = end_of_options(words);
  auto kept = std::remove(words.begin(), end, word);
  bool found = kept != end;
  words.erase(kept, end);
  return found;
}

// "--word VALUE" or "--word=VALUE"; "" where it isn't there.
std::string take_value(std::vector<std::string>& words, const std::string& word) {
  for (auto it = words.begin(); it != end_of_options(words); ++it) {
    std::string value;
    if (*it == word && std::next(it) != words.end()) {
      value = *std::next(it);
      words.erase(it, it + 2);
    } else if (it->starts_with(word + "=")) {
      value = it->substr(word.size() + 1);
      words.erase(it);
    } else {
      continue;
    }
    return value;
  }
  return "";
}

// A positive number of `unit`s, or 0 where the words are no such number.
std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool good = problem == std::errc() && end == text.data() + text.size();
  return good ? value : 0;
}

// Takes the words that every verb has out of the line, wherever they stand: bcdedit's
// and reg's own words are left as they are.  Nothing where one of them is wrong.
std::optional<StartOptions> take_start_options(std::vector<std::string>& words) {
  StartOptions options;
  options.report.json = take(words, "--json");
  options.report.stats = take(words, "--stats");
  using Sandbox = StartOptions::Sandbox;
  if (take(words, "--sandbox")) options.sandbox = Sandbox::required;
  if (take(words, "--no-sandbox")) options.sandbox = Sandbox::none;
  if (std::string text = take_value(words, "--time-limit"); !text.empty()) {
    options.time_max = number(text);
    if (options.time_max == 0 || options.time_max > kTimeMax) {
      std::fputs("--time-limit: a number of seconds, from 1 on\n", stderr);
      return std::nullopt;
    }
  }
  if (std::string text = take_value(words, "--memory-limit"); !text.empty()) {
    auto size = parse_size(text);
    if (!size || *size < kMemoryMin) {
      std::fputs("--memory-limit: a size, as 2G, from 64M on\n", stderr);
      return std::nullopt;
    }
    options.memory_max = *size;
  }
  return options;
}

}  // namespace

int fail_to_start(const Error& error, const StartOptions& options) {
  Report report(options.report);
  Exit exit = report.fail(error);
  report.finish();
  return static_cast<int>(exit);
}

int do_work(const Command& command, const StartOptions& options) {
  Report report(options.report);
  Exit exit = command.work(report);
  report.finish();
  return static_cast<int>(exit);
}

int start_here(const Command& command, const StartOptions& options) {
  if (command.before) {
    auto made = command.before();
    if (!made) return fail_to_start(made.error(), options);
  }
  int code = do_work(command, options);
  if (command.after) command.after();
  return code;
}

int run(std::vector<std::string> words, const AddVerbs& add_verbs, const Start& start) {
  auto options = take_start_options(words);
  if (!options) return static_cast<int>(Exit::usage);
  CLI::App app("drydock mends Windows disks without starting them", "drydock");
  app.set_version_flag("--version", "drydock " DRYDOCK_VERSION);
  app.require_subcommand(1);
  Command command;
  bool names_verb = !words.empty() && !words.front().starts_with('-');
  add_verbs(app, command, names_verb ? words.front() : "");
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back.
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  return start(command, *options);
}

}  // namespace drydock::cli
