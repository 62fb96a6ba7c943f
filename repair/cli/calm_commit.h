// Ctrl-C and its like wait while a commit is under way.

#pragma once

#include <memory>

namespace drydock::cli {

// They wait from here to the destructor's end, so that a commit isn't torn by an
// impatient hand.  What can't wait (a kill, a power cut) is what the journal is for.
class CalmCommit {
 public:
  CalmCommit();
  ~CalmCommit();
  CalmCommit(const CalmCommit&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace drydock::cli
