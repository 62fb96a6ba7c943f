#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "repair/worker/confine.h"
#include "vhd/base/try.h"

namespace drydock::worker {

namespace {

// <linux/fs.h>, which doesn't go with <sys/mount.h> of some C libraries.
constexpr unsigned long kBlockDeviceSize = 0x80081272;  // BLKGETSIZE64

// Done to descriptors that it has, or to itself: nothing new is reached by these.
constexpr std::array kAllowed = {SCMP_SYS(read),
                                 SCMP_SYS(write),
                                 SCMP_SYS(readv),
                                 SCMP_SYS(writev),
                                 SCMP_SYS(pread64),
                                 SCMP_SYS(pwrite64),
                                 SCMP_SYS(preadv),
                                 SCMP_SYS(pwritev),
                                 SCMP_SYS(lseek),
                                 SCMP_SYS(close),
                                 SCMP_SYS(fstat),
                                 SCMP_SYS(newfstatat),
                                 SCMP_SYS(statx),
                                 SCMP_SYS(stat),
                                 SCMP_SYS(lstat),
                                 SCMP_SYS(fstatfs),
                                 SCMP_SYS(access),
                                 SCMP_SYS(faccessat),
                                 SCMP_SYS(faccessat2),
                                 SCMP_SYS(readlink),
                                 SCMP_SYS(readlinkat),
                                 SCMP_SYS(getcwd),
                                 SCMP_SYS(getdents64),
                                 SCMP_SYS(fcntl),
                                 SCMP_SYS(ftruncate),
                                 SCMP_SYS(fallocate),
                                 SCMP_SYS(fsync),
                                 SCMP_SYS(fdatasync),
                                 SCMP_SYS(syncfs),
                                 SCMP_SYS(fadvise64),
                                 SCMP_SYS(flock),
                                 SCMP_SYS(dup),
                                 SCMP_SYS(copy_file_range),
                                 SCMP_SYS(munmap),
                                 SCMP_SYS(mremap),
                                 SCMP_SYS(madvise),
                                 SCMP_SYS(brk),
                                 SCMP_SYS(memfd_create),
                                 SCMP_SYS(exit),
                                 SCMP_SYS(exit_group),
                                 SCMP_SYS(futex),
                                 SCMP_SYS(getrandom),
                                 SCMP_SYS(rt_sigaction),
                                 SCMP_SYS(rt_sigprocmask),
                                 SCMP_SYS(rt_sigreturn),
                                 SCMP_SYS(sigaltstack),
                                 SCMP_SYS(restart_syscall),
                                 SCMP_SYS(clock_gettime),
                                 SCMP_SYS(clock_getres),
                                 SCMP_SYS(gettimeofday),
                                 SCMP_SYS(time),
                                 SCMP_SYS(nanosleep),
                                 SCMP_SYS(clock_nanosleep),
                                 SCMP_SYS(getpid),
                                 SCMP_SYS(gettid),
                                 SCMP_SYS(getuid),
                                 SCMP_SYS(geteuid),
                                 SCMP_SYS(getgid),
                                 SCMP_SYS(getegid),
                                 SCMP_SYS(getrusage),
                                 SCMP_SYS(sysinfo),
                                 SCMP_SYS(uname),
                                 SCMP_SYS(sched_yield),
                                 SCMP_SYS(sched_getaffinity),
                                 SCMP_SYS(set_robust_list),
                                 SCMP_SYS(rseq),
                                 SCMP_SYS(membarrier),
                                 SCMP_SYS(pipe),  // sanitizers try addresses so
                                 SCMP_SYS(pipe2),
                                 SCMP_SYS(poll),
                                 SCMP_SYS(ppoll),
                                 SCMP_SYS(umask),
                                 SCMP_SYS(landlock_create_ruleset),
                                 SCMP_SYS(landlock_restrict_self)};

// These name files of the host: the parent is asked.
constexpr std::array kAsked = {
    SCMP_SYS(open),  SCMP_SYS(openat),  SCMP_SYS(unlink),   SCMP_SYS(unlinkat),
    SCMP_SYS(rmdir), SCMP_SYS(rename),  SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(chmod),    SCMP_SYS(fchmodat)};

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

Error refused(std::string_view what, int number) {
  return Error(Errc::unsupported,
               fmt::format("the host's {} says: {}", what, std::strerror(number)));
}

// What is allowed with some arguments only.
int add_conditions(void* filter) {
  const auto allow = [filter](int call, scmp_arg_cmp condition) {
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, condition);
  };
  int bad = 0;
  // Threads, and no processes.  glibc falls back to clone() where there is no clone3(),
  // whose flags a filter can't see.
  bad |= allow(SCMP_SYS(clone), {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD});
  bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  // No code that wasn't there at the start.
  for (int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    bad |= allow(call, {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0});
  }
  // A signal to nobody else: abort() sends one.
  bad |= allow(SCMP_SYS(tgkill),
               {0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()), 0});
  // Limits are asked for, not set.
  bad |= allow(SCMP_SYS(prlimit64), {2, SCMP_CMP_EQ, 0, 0});
  // Times and permissions of files that it has.
  bad |= allow(SCMP_SYS(utimensat), {1, SCMP_CMP_EQ, 0, 0});
  for (unsigned long request :
       {static_cast<unsigned long>(TCGETS), static_cast<unsigned long>(TIOCGWINSZ),
        kBlockDeviceSize}) {
    bad |= allow(SCMP_SYS(ioctl), {1, SCMP_CMP_EQ, request, 0});
  }
  return bad;
}

// The descriptor goes to the parent by this one call on a socket that it was born with;
// it can't make others.
int add_handing_over(void* filter) {
  return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(sendmsg), 0);
}

// [landlock(7)], ABI 7; Debian 12's <linux/landlock.h> knows 2.
struct LandlockRules {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

// A rule set without rules: no file, no port, no signal or socket of others.  A kernel
// that knows less takes what it knows; one without Landlock is no reason to stop.
void confine_by_landlock() {
  constexpr int kVersionQuestion = 1;  // LANDLOCK_CREATE_RULESET_VERSION
  long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionQuestion);
  if (abi < 1) return;
  // How many kinds of access to files each ABI knows.
  constexpr std::array<int, 6> kAccessCounts = {0, 13, 14, 15, 15, 16};
  int count = kAccessCounts[static_cast<std::size_t>(std::min(abi, 5L))];
  LandlockRules rules{.handled_access_fs = (std::uint64_t{1} << count) - 1,
                      .handled_access_net = abi >= 4 ? 3U : 0U,
                      .scoped = abi >= 6 ? 3U : 0U};
  std::size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  long descriptor = ::syscall(SYS_landlock_create_ruleset, &rules, size, 0);
  if (descriptor < 0) return;
  ::syscall(SYS_landlock_restrict_self, descriptor, 0);
  ::close(static_cast<int>(descriptor));
}

std::uint64_t address_space() {
  std::uint64_t pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    unsigned long value = 0;
    if (std::fscanf(file, "%lu", &value) == 1) pages = value;
    std::fclose(file);
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void limit_memory(std::uint64_t size) {
  struct rlimit none {};
  ::setrlimit(RLIMIT_CORE, &none);
  struct rlimit memory {};
  memory.rlim_cur = memory.rlim_max = address_space() + size;
  ::setrlimit(RLIMIT_AS, &memory);
}

Result<int> confine() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("prctl", errno);
  // Notifications are of API level 5 on.
  if (seccomp_api_get() < 5) {
    return Error(Errc::unsupported, "the host's seccomp doesn't ask the parent");
  }
  Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release);
  if (filter == nullptr) return refused("seccomp", ENOMEM);
  int bad = 0;
  for (int call : kAllowed) {
    bad |= seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0);
  }
  for (int call : kAsked) {
    bad |= seccomp_rule_add(filter.get(), SCMP_ACT_NOTIFY, call, 0);
  }
  bad |= add_conditions(filter.get());
  bad |= add_handing_over(filter.get());
  if (bad != 0) return refused("seccomp", EINVAL);
  if (int failed = seccomp_load(filter.get()); failed != 0) {
    return refused("seccomp", -failed);
  }
  int descriptor = ::dup(seccomp_notify_fd(filter.get()));  // which ends with it
  if (descriptor < 0) return refused("seccomp", errno);
  // Only now: without the filter, opening would just be refused.
  confine_by_landlock();
  return descriptor;
}

}  // namespace drydock::worker
