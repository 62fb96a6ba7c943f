// A worker: a child process that does one piece of work on an image which may be an
// attacker's, and can't do much else.
//
// It has no network, starts no program, gets no new privileges, and opens no file: its
// open() and the like come to the parent, which opens what HostFiles allow and hands
// the descriptor over.  What it may take of memory and time is bounded.  Whatever
// becomes of it -- a crash in a C library, a loop without end -- the parent lives, and
// says what happened.
//
// Linux only: a seccomp filter whose questions the parent answers (kernel 5.9 and
// later), and Landlock where the kernel has it.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "repair/worker/host_files.h"
#include "vhd/base/result.h"

namespace drydock::worker {

struct Limits {
  // Of address space, beyond what the process had when it was forked.
  std::uint64_t memory = std::uint64_t{4} << 30;
  // From its start to its end; none for work that is as long as the disk.
  std::optional<std::chrono::seconds> time = std::nullopt;
  // Of processor time without a byte read or written: then it hangs.
  std::chrono::seconds without_io = std::chrono::seconds(120);
};

// What the parent does with what the worker writes to standard output.
enum class Output : std::uint8_t {
  own,       // the worker writes there itself
  kept,      // gathered, and given back in the Outcome
  readable,  // passed on, control characters shown as \x1b: for a terminal
};

enum class Confinement : std::uint8_t { none, where_possible, required };

struct Options {
  HostFiles files;
  Limits limits = {};
  Output output = Output::own;
  // Of this process, kept open in the worker; all but the standard three are closed.
  std::vector<int> descriptors = {};
  Confinement confinement = Confinement::where_possible;
};

enum class End : std::uint8_t {
  finished,       // with an exit code of its own
  stopped,        // by a signal that somebody sent to stop the program
  crashed,        // by a signal that nobody sent
  out_of_memory,  // it asked for more than its limit
  out_of_time,
  hung,  // it took processor time, and neither read nor wrote
};

struct Outcome {
  End end = End::finished;
  int exit_code = 0;          // of one that finished
  int signal = 0;             // of one that was stopped or crashed
  std::string words;          // "the worker crashed: signal 11 (Segmentation fault)"
  std::string output;         // what was to be kept
  bool made_journal = false;  // it had begun to change an image
  std::string unconfined;     // why it couldn't be confined; "" where it was
};

// Runs `work` in a worker, and waits for it.  To be called before the process has
// threads.  A signal that asks this process to stop is passed on.  io where the host
// gives no process; unsupported where confinement is required and the host has none.
Result<Outcome> run(const Options& options, const std::function<int()>& work);

}  // namespace drydock::worker
