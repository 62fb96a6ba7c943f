#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

#include "repair/worker/broker.h"

namespace drydock::worker {

namespace fs = std::filesystem;

namespace {

// For an argument that a call doesn't have.
constexpr int kNone = -1;

// What a worker may ask of open(); the rest (O_PATH, O_TMPFILE) is refused.
constexpr int kFlags = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NONBLOCK |
                       O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW | O_LARGEFILE | O_NOCTTY |
                       O_DIRECT | O_DSYNC;

// [MS-VHDX] 2.2.1 at the start; the VHD paper's "Hard Disk Footer" there or at the end,
// where that of an old Virtual PC has 511 bytes.
bool is_image(int file) {
  constexpr std::size_t kLength = 8;
  struct stat facts {};
  if (::fstat(file, &facts) != 0 || !S_ISREG(facts.st_mode)) return false;
  std::array<char, kLength> bytes{};
  for (off_t offset : {off_t{0}, facts.st_size - 512, facts.st_size - 511}) {
    if (offset < 0 || ::pread(file, bytes.data(), kLength, offset) != kLength) continue;
    std::string_view found(bytes.data(), kLength);
    if (found == "conectix" || (offset == 0 && found == "vhdxfile")) return true;
  }
  return false;
}

// The folder that a name is in, opened; in a tree without following a link.
class Folder {
 public:
  Folder(const HostFiles& files, const fs::path& path)
      : name_(path.filename().string()) {
    fs::path tree = files.tree_of(path);
    in_tree_ = !tree.empty();
    fs::path start = in_tree_ ? tree : path.parent_path();
    number_ = ::open(start.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (!in_tree_ || number_ < 0) return;
    fs::path way = path.parent_path().lexically_relative(tree);
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    long below = ::syscall(SYS_openat2, number_, way.c_str(), &how, sizeof how);
    ::close(number_);
    number_ = static_cast<int>(below);
  }
  ~Folder() {
    if (number_ >= 0) ::close(number_);
  }
  Folder(const Folder&) = delete;

  int number() const { return number_; }  // -1: `errno` says why
  const char* name() const { return name_.c_str(); }
  bool in_tree() const { return in_tree_; }

 private:
  std::string name_;
  bool in_tree_ = false;
  int number_ = -1;
};

// The bytes up to the first 0 at `address` of the worker.
int read_text(int process, std::uint64_t address, std::string& text) {
  constexpr std::uint64_t kPage = 4096;
  std::array<char, kPage> bytes;
  while (text.size() < PATH_MAX) {
    // Not over a page's end, behind which there may be nothing.
    std::size_t length = kPage - address % kPage;
    iovec into{.iov_base = bytes.data(), .iov_len = length};
    iovec from{.iov_base = reinterpret_cast<void*>(address), .iov_len = length};
    ssize_t count = ::process_vm_readv(process, &into, 1, &from, 1, 0);
    if (count <= 0) return EFAULT;
    const char* end = std::find(bytes.data(), bytes.data() + count, '\0');
    text.append(static_cast<const char*>(bytes.data()), end);
    if (end != bytes.data() + count) return 0;
    address += static_cast<std::uint64_t>(count);
  }
  return ENAMETOOLONG;
}

}  // namespace

Broker::Broker(const HostFiles& files, int questions, int process)
    : files_(files), questions_(questions), process_(process) {}

Broker::~Broker() { ::close(questions_); }

Broker::Path Broker::path(const seccomp_notif& asked, int folder_argument,
                          int path_argument) const {
  Path result;
  result.problem = read_text(process_, asked.data.args[path_argument], result.text);
  if (result.problem != 0) return result;
  if (result.text.empty()) return {.text = "", .problem = ENOENT};
  if (!result.text.starts_with('/')) {
    int folder = folder_argument == kNone
                     ? AT_FDCWD
                     : static_cast<int>(asked.data.args[folder_argument]);
    std::string link = folder == AT_FDCWD
                           ? fmt::format("/proc/{}/cwd", process_)
                           : fmt::format("/proc/{}/fd/{}", process_, folder);
    std::error_code problem;
    fs::path place = fs::read_symlink(link, problem);
    if (problem) return {.text = "", .problem = EBADF};
    result.text = (place / result.text).string();
  }
  fs::path normal = fs::path(result.text).lexically_normal();
  // "folder/." is the folder.
  if (!normal.has_filename() && normal.has_relative_path())
    normal = normal.parent_path();
  result.text = normal.string();
  // The worker may have died, and its number be another's by now.
  if (::ioctl(questions_, SECCOMP_IOCTL_NOTIF_ID_VALID, &asked.id) != 0) {
    result.problem = ESRCH;
  }
  return result;
}

int Broker::open(const seccomp_notif& asked, int folder_argument, int first_argument) {
  Path wanted = path(asked, folder_argument, first_argument);
  if (wanted.problem != 0) return wanted.problem;
  int flags = static_cast<int>(asked.data.args[first_argument + 1]);
  auto mode = static_cast<mode_t>(asked.data.args[first_argument + 2] & 0666);
  if ((flags & ~kFlags) != 0) return EACCES;
  bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
  Wish wish = writes                       ? Wish::write
              : (flags & O_DIRECTORY) != 0 ? Wish::list
                                           : Wish::read;
  Answer answer = files_.allows(wish, wanted.text);
  if (answer == Answer::no) return EACCES;
  if (answer == Answer::if_image && (flags & (O_CREAT | O_TRUNC)) != 0) return EACCES;
  Folder folder(files_, wanted.text);
  if (folder.number() < 0) return errno;
  flags |= O_CLOEXEC | O_NONBLOCK | (folder.in_tree() ? O_NOFOLLOW : 0);
  int opened = ::openat(folder.number(), folder.name(), flags, mode);
  if (opened < 0) return errno;
  if (answer == Answer::if_image && !is_image(opened)) {
    ::close(opened);
    return EACCES;
  }
  if (writes && fs::path(wanted.text).extension() == ".drydock") has_journal_ = true;
  seccomp_notif_addfd handed{};
  handed.id = asked.id;
  handed.srcfd = static_cast<std::uint32_t>(opened);
  handed.newfd_flags = O_CLOEXEC;
  int given = ::ioctl(questions_, SECCOMP_IOCTL_NOTIF_ADDFD, &handed);
  int problem = given < 0 ? errno : 0;
  ::close(opened);
  return problem != 0 ? problem : -given;
}

int Broker::remove(const Path& path, bool directory) {
  if (path.problem != 0) return path.problem;
  if (!allows(directory ? Wish::make_directory : Wish::remove, path)) return EACCES;
  Folder folder(files_, path.text);
  if (folder.number() < 0) return errno;
  int flags = directory ? AT_REMOVEDIR : 0;
  return ::unlinkat(folder.number(), folder.name(), flags) == 0 ? 0 : errno;
}

int Broker::rename(const Path& from, const Path& to) {
  if (from.problem != 0) return from.problem;
  if (to.problem != 0) return to.problem;
  if (!allows(Wish::remove, from) || !allows(Wish::write, to)) return EACCES;
  Folder source(files_, from.text);
  if (source.number() < 0) return errno;
  Folder target(files_, to.text);
  if (target.number() < 0) return errno;
  int failed =
      ::renameat(source.number(), source.name(), target.number(), target.name());
  return failed == 0 ? 0 : errno;
}

int Broker::change_mode(const Path& path, std::uint64_t mode) {
  if (path.problem != 0) return path.problem;
  if (!allows(Wish::write, path)) return EACCES;
  Folder folder(files_, path.text);
  if (folder.number() < 0) return errno;
  struct stat facts {};
  if (::fstatat(folder.number(), folder.name(), &facts, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno;
  }
  if (S_ISLNK(facts.st_mode) && folder.in_tree()) return ELOOP;
  auto bits = static_cast<mode_t>(mode & 0777);
  return ::fchmodat(folder.number(), folder.name(), bits, 0) == 0 ? 0 : errno;
}

int Broker::make_directory(const Path& path, std::uint64_t mode) {
  if (path.problem != 0) return path.problem;
  if (!allows(Wish::make_directory, path)) return EACCES;
  Folder folder(files_, path.text);
  if (folder.number() < 0) return errno;
  auto bits = static_cast<mode_t>(mode & 0777);
  return ::mkdirat(folder.number(), folder.name(), bits) == 0 ? 0 : errno;
}

bool Broker::allows(Wish wish, const Path& path) const {
  return files_.allows(wish, path.text) == Answer::yes;
}

int Broker::answer(const seccomp_notif& asked) {
  const auto& arguments = asked.data.args;
  const int call = asked.data.nr;
  if (call == SCMP_SYS(open)) return open(asked, kNone, 0);
  if (call == SCMP_SYS(openat)) return open(asked, 0, 1);
  if (call == SCMP_SYS(unlink)) return remove(path(asked, kNone, 0), false);
  if (call == SCMP_SYS(rmdir)) return remove(path(asked, kNone, 0), true);
  if (call == SCMP_SYS(unlinkat)) {
    return remove(path(asked, 0, 1), (arguments[2] & AT_REMOVEDIR) != 0);
  }
  if (call == SCMP_SYS(rename)) {
    return rename(path(asked, kNone, 0), path(asked, kNone, 1));
  }
  if (call == SCMP_SYS(renameat) ||
      (call == SCMP_SYS(renameat2) && arguments[4] == 0)) {
    return rename(path(asked, 0, 1), path(asked, 2, 3));
  }
  if (call == SCMP_SYS(chmod)) return change_mode(path(asked, kNone, 0), arguments[1]);
  if (call == SCMP_SYS(fchmodat)) return change_mode(path(asked, 0, 1), arguments[2]);
  if (call == SCMP_SYS(mkdir)) {
    return make_directory(path(asked, kNone, 0), arguments[1]);
  }
  if (call == SCMP_SYS(mkdirat)) return make_directory(path(asked, 0, 1), arguments[2]);
  return EPERM;
}

void Broker::serve() {
  seccomp_notif asked{};
  if (::ioctl(questions_, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) return;
  int result = answer(asked);
  seccomp_notif_resp response{};
  response.id = asked.id;
  response.val = result < 0 ? -result : 0;
  response.error = result > 0 ? -result : 0;
  ::ioctl(questions_, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace drydock::worker
