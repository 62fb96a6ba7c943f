#include <csignal>
#include <iterator>

#include "repair/cli/calm_commit.h"

namespace drydock::cli {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGBREAK};

}  // namespace

struct CalmCommit::Impl {
  using Handler = void (*)(int);
  Handler before[std::size(kSignals)] = {};
};

CalmCommit::CalmCommit() : impl_(std::make_unique<Impl>()) {
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    impl_->before[i] = std::signal(kSignals[i], SIG_IGN);
  }
}

CalmCommit::~CalmCommit() {
  for (std::size_t i = 0; i < std::size(kSignals); ++i) {
    std::signal(kSignals[i], impl_->before[i]);
  }
}

}  // namespace drydock::cli
