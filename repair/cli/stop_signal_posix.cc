#include <unistd.h>

#include <csignal>
#include <iterator>

#include "repair/cli/stop_signal.h"

namespace drydock::cli {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t stop_came = 0;

void note_signal(int) { stop_came = 1; }

// Without SA_RESTART, so that a read of a silent pipe ends; and a second signal ends
// the program at once, as it would have without us.
struct sigaction noting_action() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESETHAND;
  return action;
}

}  // namespace

struct StopSignal::Impl {
  struct sigaction before[std::size(kSignals)] = {};
};

StopSignal::StopSignal() : impl_(std::make_unique<Impl>()) {
  stop_came = 0;
  const struct sigaction noting = noting_action();
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    ::sigaction(kSignals[i], nullptr, &impl_->before[i]);
    // Whoever started us with nohup meant it.
    if (impl_->before[i].sa_handler == SIG_IGN) continue;
    ::sigaction(kSignals[i], &noting, nullptr);
  }
}

StopSignal::~StopSignal() {
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    ::sigaction(kSignals[i], &impl_->before[i], nullptr);
  }
}

bool StopSignal::came() const { return stop_came != 0; }

bool stderr_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

}  // namespace drydock::cli
