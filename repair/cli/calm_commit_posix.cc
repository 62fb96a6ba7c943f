#include <csignal>

#include "repair/cli/calm_commit.h"

namespace drydock::cli {

struct CalmCommit::Impl {
  sigset_t before;
};

CalmCommit::CalmCommit() : impl_(std::make_unique<Impl>()) {
  sigset_t calm;
  ::sigemptyset(&calm);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::sigaddset(&calm, signal);
  ::sigprocmask(SIG_BLOCK, &calm, &impl_->before);
}

CalmCommit::~CalmCommit() { ::sigprocmask(SIG_SETMASK, &impl_->before, nullptr); }

}  // namespace drydock::cli
