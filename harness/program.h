// Runs other people's programs: mkntfs, mtools, qemu-img and the rest, which
// make the harness's disks so that our own code isn't their only maker.

#pragma once

#include <string>
#include <vector>

#include "vhd/base/result.h"

namespace drydock::harness {

struct ProgramOptions {
  std::string input;                     // at most kProgramInputMax bytes
  std::vector<std::string> environment;  // "NAME=VALUE", added to our own
};

// What fits into a pipe that nobody reads yet ([POSIX] PIPE_BUF is at least
// 512; Linux has 4096).
inline constexpr std::size_t kProgramInputMax = 4096;

bool have_program(const std::string& name);

// Runs argv[0], looked up in PATH and in the system's own folders, and returns
// what it printed, on both outputs.  not_found where there is no such program;
// io where it ends with another code than 0: its last words are in the Error.
Result<std::string> run_program(const std::vector<std::string>& argv,
                                const ProgramOptions& options = {});

}  // namespace drydock::harness
