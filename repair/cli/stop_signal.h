// Ctrl-C and its like, for long work that can be left halfway.

#pragma once

#include <memory>

namespace drydock::cli {

// While one of these lives, SIGINT, SIGTERM and SIGHUP only set a mark: the work
// asks for it every so often, ends, and puts away what it began.  One at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;

  bool came() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether standard error is somebody's terminal.
bool stderr_is_terminal();

}  // namespace drydock::cli
