// What the nbdkit plugin's process can't do once it serves.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <thread>

#include "vhd/nbdkit/confine.h"

namespace drydock {
namespace {

constexpr int kUnconfined = 77;

// The exit code of a process that is confined first.
int run_confined(const std::function<int()>& work) {
  pid_t child = ::fork();
  if (child == 0) ::_exit(confine_server() ? work() : kUnconfined);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define NEEDS_CONFINEMENT()                                \
  if (run_confined([] { return 0; }) == kUnconfined) {     \
    GTEST_SKIP() << "this host has no filter of the kind"; \
  }

// The errno of a call that failed; 0 of one that didn't.
int problem_of(long result) { return result < 0 ? errno : 0; }

TEST(ConfinedServer, OpensNoFile) {
  NEEDS_CONFINEMENT();
  EXPECT_EQ(run_confined([] { return problem_of(::open("/etc/hostname", O_RDONLY)); }),
            EPERM);
  EXPECT_EQ(run_confined([] {
              return problem_of(::open("/tmp/drydock-none", O_WRONLY | O_CREAT, 0600));
            }),
            EPERM);
  EXPECT_EQ(run_confined([] { return problem_of(::unlink("/tmp/drydock-none")); }),
            EPERM);
}

TEST(ConfinedServer, ConnectsNowhere) {
  NEEDS_CONFINEMENT();
  EXPECT_EQ(run_confined([] { return problem_of(::socket(AF_INET, SOCK_STREAM, 0)); }),
            EPERM);
  int made = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_GE(made, 0);
  EXPECT_EQ(run_confined([made] {
              sockaddr_in address{};
              address.sin_family = AF_INET;
              address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
              address.sin_port = ::htons(9);
              return problem_of(::connect(made, reinterpret_cast<sockaddr*>(&address),
                                          sizeof(address)));
            }),
            EPERM);
  ::close(made);
}

TEST(ConfinedServer, StartsNoProgramAndNoProcess) {
  NEEDS_CONFINEMENT();
  EXPECT_EQ(run_confined([] {
              char program[] = "/bin/true";
              char* const words[] = {program, nullptr};
              return problem_of(::execv(program, words));
            }),
            EPERM);
  EXPECT_EQ(run_confined([] { return problem_of(::fork()); }), EPERM);
  EXPECT_EQ(run_confined([] {
              pid_t child = 0;
              char program[] = "/bin/true";
              char* const words[] = {program, nullptr};
              return ::posix_spawn(&child, program, nullptr, nullptr, words, nullptr);
            }),
            EPERM);
}

TEST(ConfinedServer, SignalsNobodyElseAndRunsNoBytesAsCode) {
  NEEDS_CONFINEMENT();
  EXPECT_EQ(run_confined([] { return problem_of(::kill(::getppid(), 0)); }), EPERM);
  EXPECT_EQ(run_confined([] {
              void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return page == MAP_FAILED ? errno : 0;
            }),
            EPERM);
}

// As nbdkit does for each connection; a thread is confined as who started it.
TEST(ConfinedServer, StartsThreadsThatAreConfined) {
  NEEDS_CONFINEMENT();
  EXPECT_EQ(run_confined([] {
              int problem = 0;
              std::thread([&] {
                problem = problem_of(::open("/etc/hostname", O_RDONLY));
              }).join();
              return problem;
            }),
            EPERM);
}

TEST(ConfinedServer, ReadsWhatIsOpenAlready) {
  NEEDS_CONFINEMENT();
  int file = ::open("/proc/self/status", O_RDONLY);
  ASSERT_GE(file, 0);
  EXPECT_EQ(run_confined([file] {
              char byte = 0;
              return ::pread(file, &byte, 1, 0) == 1 ? 0 : errno;
            }),
            0);
  ::close(file);
}

}  // namespace
}  // namespace drydock
