#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "vhd/nbdkit/confine.h"

namespace drydock {

namespace {

// nbdkit, whose process this is, does many things with the descriptors that it has: so
// this is a list of what nobody needs any more, and not of what is allowed.
constexpr std::array kRefused = {
    // Files by their names.
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(truncate), SCMP_SYS(link), SCMP_SYS(linkat),
    SCMP_SYS(symlink), SCMP_SYS(symlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(mknod), SCMP_SYS(mknodat),
    SCMP_SYS(chmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(lchown),
    SCMP_SYS(fchownat), SCMP_SYS(chdir), SCMP_SYS(chroot), SCMP_SYS(mount),
    SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr),
    // Others of the network and of this host.
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind),
    SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(pidfd_open), SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
    // Programs, processes, and what of the kernel goes round this filter.
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
    SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(io_uring_setup), SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl),
    SCMP_SYS(add_key), SCMP_SYS(request_key)};

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

Error refused(int number) {
  return Error(Errc::unsupported,
               fmt::format("the host's seccomp says: {}", std::strerror(number)));
}

// What is refused with some arguments only.
int add_conditions(void* filter) {
  const auto refuse = [filter](int call, scmp_arg_cmp condition) {
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 1, condition);
  };
  int bad = 0;
  // Threads, and no processes.  glibc falls back to clone() where there is no clone3(),
  // whose flags a filter can't see.
  bad |= refuse(SCMP_SYS(clone), {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0});
  bad |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  for (int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(pkey_mprotect)}) {
    bad |= refuse(call, {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC});
  }
  // abort() sends a signal, to itself.
  bad |= refuse(SCMP_SYS(tgkill),
                {0, SCMP_CMP_NE, static_cast<scmp_datum_t>(::getpid()), 0});
  return bad;
}

}  // namespace

Done confine_server() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused(errno);
  Filter filter(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (filter == nullptr) return refused(ENOMEM);
  int bad = 0;
  for (int call : kRefused) {
    bad |= seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0);
  }
  bad |= add_conditions(filter.get());
  if (bad != 0) return refused(EINVAL);
  if (int failed = seccomp_load(filter.get()); failed != 0) return refused(-failed);
  return {};
}

}  // namespace drydock
