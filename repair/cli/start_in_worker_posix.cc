#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "repair/cli/start_in_worker.h"
#include "repair/worker/worker.h"

namespace drydock::cli {

namespace {

using worker::End;
using worker::Outcome;
using worker::Output;

// Of what looks at structures alone: an hour is for a slow host's largest disk.
constexpr std::chrono::seconds kUsualTime{3600};

worker::Options worker_options(const Command& command, const StartOptions& options,
                               std::vector<int> descriptors) {
  worker::Options result{.files = command.files, .descriptors = std::move(descriptors)};
  if (options.memory_max != 0) result.limits.memory = options.memory_max;
  if (options.time_max != 0) {
    result.limits.time = std::chrono::seconds(options.time_max);
  } else if (!command.reads_all) {
    result.limits.time = kUsualTime;
  }
  if (command.prints_early) {
    result.output = Output::own;
  } else if (options.report.json) {
    result.output = Output::kept;
  } else if (!command.prints_bytes && ::isatty(STDOUT_FILENO) == 1) {
    result.output = Output::readable;
  }
  if (options.sandbox == StartOptions::Sandbox::required) {
    result.confinement = worker::Confinement::required;
  }
  return result;
}

// A worker that didn't end as it should.
Exit report_end(const Command& command, const StartOptions& options,
                const std::string& words, bool interrupted) {
  Report report(options.report);
  Errc code = interrupted ? Errc::interrupted : Errc::could_not_tell;
  Error error(code, words);
  if (!command.about.empty()) error = std::move(error).in(command.about);
  Exit exit =
      report.fail(error, interrupted ? Exit::interrupted : Exit::could_not_tell);
  report.finish();
  return exit;
}

// As if this process had done the work, for those who wait for it.
void end_by_signal(int signal) {
  std::signal(signal, SIG_DFL);
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
  ::raise(signal);
}

bool is_known(int exit_code) {
  constexpr std::array kKnown = {Exit::done,   Exit::faults,      Exit::could_not_tell,
                                 Exit::failed, Exit::interrupted, Exit::usage};
  for (Exit known : kKnown) {
    if (exit_code == static_cast<int>(known)) return true;
  }
  return false;
}

int finish(const Command& command, const StartOptions& options,
           const Outcome& outcome) {
  bool good = is_known(outcome.exit_code);
  if (options.report.json && !outcome.output.empty()) {
    good = good && nlohmann::json::accept(outcome.output);
  }
  if (!good) {
    return static_cast<int>(report_end(
        command, options, "the worker's answer isn't one", outcome.made_journal));
  }
  std::fwrite(outcome.output.data(), 1, outcome.output.size(), stdout);
  return outcome.exit_code;
}

// The work, in a worker that has these.
int start_worker(const Command& command, const StartOptions& options,
                 std::vector<int> descriptors) {
  auto outcome =
      worker::run(worker_options(command, options, std::move(descriptors)),
                  [&command, &options] { return do_work(command, options); });
  if (command.after) command.after();
  if (!outcome) return fail_to_start(outcome.error(), options);
  if (!outcome->unconfined.empty()) {
    std::fputs(fmt::format("drydock: note: this image is read without a sandbox: {}\n",
                           outcome->unconfined)
                   .c_str(),
               stderr);
  }
  if (outcome->end == End::finished) return finish(command, options, *outcome);
  if (outcome->end == End::stopped) end_by_signal(outcome->signal);
  return static_cast<int>(
      report_end(command, options, outcome->words, outcome->made_journal));
}

}  // namespace

int start_in_worker(const Command& command, const StartOptions& options) {
  if (command.trusted || options.sandbox == StartOptions::Sandbox::none) {
    return start_here(command, options);
  }
  std::vector<int> descriptors;
  if (command.before) {
    auto made = command.before();
    if (!made) return fail_to_start(made.error(), options);
    descriptors = std::move(*made);
  }
  return start_worker(command, options, std::move(descriptors));
}

}  // namespace drydock::cli
