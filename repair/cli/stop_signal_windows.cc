#include <io.h>

#include <csignal>
#include <cstdio>
#include <iterator>

#include "repair/cli/stop_signal.h"

namespace drydock::cli {

namespace {

// Ctrl-C, kill's, and Ctrl-Break or the console's closing.
constexpr int kSignals[] = {SIGINT, SIGTERM, SIGBREAK};

volatile std::sig_atomic_t stop_came = 0;

// Windows calls it in a thread of its own, and sets the signal back to what it
// does by itself: a second one ends the program at once.
void note_signal(int) { stop_came = 1; }

}  // namespace

struct StopSignal::Impl {
  using Handler = void (*)(int);
  Handler before[std::size(kSignals)] = {};
};

StopSignal::StopSignal() : impl_(std::make_unique<Impl>()) {
  stop_came = 0;
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    impl_->before[i] = std::signal(kSignals[i], note_signal);
    // Whoever started us so meant it.
    if (impl_->before[i] == SIG_IGN) std::signal(kSignals[i], SIG_IGN);
  }
}

StopSignal::~StopSignal() {
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    std::signal(kSignals[i], impl_->before[i]);
  }
}

bool StopSignal::came() const { return stop_came != 0; }

bool stderr_is_terminal() { return ::_isatty(::_fileno(stderr)) != 0; }

}  // namespace drydock::cli
