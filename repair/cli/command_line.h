// One run of a program: words in, one request out, an exit code.

#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "repair/cli/report.h"
#include "repair/worker/host_files.h"

namespace CLI {
class App;
}

namespace drydock::cli {

// What a command line asks for.
struct Command {
  std::function<Exit(Report&)> work = {};
  // What it is about, as a place in an error: the image.
  std::string about = {};
  // Done before the work, where it is a worker's in this process: what the worker can't
  // do, with nothing read of an image.  Gives descriptors that the work has then.
  std::function<Result<std::vector<int>>()> before = {};
  std::function<void()> after = {};
  // Of the host: all that the work may open.
  worker::HostFiles files = {};
  // Its time grows with the disk, so that no limit fits.
  bool reads_all = false;
  // It writes bytes to standard output, not text, where no document is wanted.
  bool prints_bytes = false;
  // What it prints is wanted while it goes on.
  bool prints_early = false;
  // It looks into no image, or has another program do it.
  bool trusted = false;
};

// How the work is started: words that every verb takes.
struct StartOptions {
  ReportOptions report;
  enum class Sandbox : std::uint8_t { none, where_possible, required };
  Sandbox sandbox = Sandbox::where_possible;
  std::uint64_t time_max = 0;    // in seconds; 0 for the usual
  std::uint64_t memory_max = 0;  // 0 for the usual
};

// Does the work, wherever, and gives the exit code.
using Start = std::function<int(const Command&, const StartOptions&)>;
// Says why the work wasn't begun; the exit code for it.
int fail_to_start(const Error& error, const StartOptions& options);
// The work alone.
int do_work(const Command& command, const StartOptions& options);
// In this process.
int start_here(const Command& command, const StartOptions& options);

// Adds the verbs of a program; the one that is parsed sets the Command.  `asked` is the
// line's first word where that may be a verb: others needn't be added then.  "" where
// all of them may be told of.
using AddVerbs = std::function<void(CLI::App&, Command&, const std::string& asked)>;

// `words` is the command line without the program's name.
int run(std::vector<std::string> words, const AddVerbs& add_verbs,
        const Start& start = start_here);

}  // namespace drydock::cli
