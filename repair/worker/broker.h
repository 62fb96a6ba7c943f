// The parent's side of a worker's open() and the like: each waits in the kernel until
// the parent has looked at it, and done it or refused it.
//
// What the worker asked for is copied out of its memory once, and only the copy is
// believed: that the worker changes it meanwhile comes to nothing.

#pragma once

#include <cstdint>
#include <string>

#include "repair/worker/host_files.h"
#include "vhd/base/result.h"

struct seccomp_notif;

namespace drydock::worker {

class Broker {
 public:
  // `questions` is the descriptor that the worker's confine() gave; the Broker closes
  // it.
  Broker(const HostFiles& files, int questions, int process);
  ~Broker();
  Broker(const Broker&) = delete;

  int descriptor() const { return questions_; }
  // Takes one question, and answers it.  Does nothing where the worker is gone.
  void serve();

  // Whether it let the worker make a journal: a change of an image was under way.
  bool has_journal() const { return has_journal_; }

 private:
  struct Path {
    std::string text;
    int problem = 0;  // an errno
  };
  Path path(const seccomp_notif& asked, int folder_argument, int path_argument) const;

  // Each gives 0 or an errno; open() gives 0 or less: the descriptor, below zero, that
  // the worker has now.
  int answer(const seccomp_notif& asked);
  int open(const seccomp_notif& asked, int folder_argument, int first_argument);
  int remove(const Path& path, bool directory);
  int rename(const Path& from, const Path& to);
  int change_mode(const Path& path, std::uint64_t mode);
  int make_directory(const Path& path, std::uint64_t mode);
  bool allows(Wish wish, const Path& path) const;

  const HostFiles& files_;
  int questions_;
  int process_;
  bool has_journal_ = false;
};

}  // namespace drydock::worker
