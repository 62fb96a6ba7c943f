// One line on a terminal that says how far long work is, how fast, and how long it
// will take; and the way in which that work is stopped.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "repair/cli/stop_signal.h"
#include "vhd/progress.h"

namespace drydock::cli {

// "convert: 42%, 1.2 GiB of 2.9 GiB, 512 MiB/s, 4 s left"; where nobody knows the
// total, which is 0 then: "convert: 1.2 GiB, 512 MiB/s".
std::string progress_line(const std::string& what, std::uint64_t done,
                          std::uint64_t total, double seconds);

class ProgressBar {
 public:
  // `what` is the work, in a word.  Nothing is drawn where standard error isn't a
  // terminal.
  explicit ProgressBar(std::string what);
  // Takes the line away.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;

  // To be called from one thread.  Its Error, busy, says that a signal asked to
  // stop.  The bar must outlive it.
  Progress progress();

 private:
  Done update(std::uint64_t done, std::uint64_t total);

  std::string what_;
  StopSignal signal_;
  bool wanted_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point drawn_at_;
};

}  // namespace drydock::cli
