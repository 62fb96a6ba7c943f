// Runs another program and takes what it prints: how the tests ask qemu-img,
// sleuthkit, mtools and the rest for their opinion.

#pragma once

#include <string>
#include <vector>

namespace drydock {

struct RunResult {
  int exit_code = -1;  // 128 + N where signal N ended it
  std::string out;     // standard output
  std::string err;     // standard error
};

// argv[0] is looked up in PATH and in /usr/sbin.
RunResult run(const std::vector<std::string>& argv);

// Whether there is such a program here; tests that need one skip without it.
bool have_program(const std::string& name);

}  // namespace drydock
