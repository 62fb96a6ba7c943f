#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "repair/cli/server.h"
#include "vhd/base/try.h"

namespace drydock::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* kPlugin = "nbdkit-drydock-plugin.so";
// How often a server that starts is asked whether it has.
constexpr long kPollNanoseconds = 10'000'000;

Error host_error(std::string_view what, int code) {
  return Error(Errc::io, fmt::format("{}: {}", what, std::strerror(code)));
}

// A folder for the socket and the file by which nbdkit says that it is ready.
class Folder {
 public:
  static Result<Folder> create() {
    std::string name = (fs::temp_directory_path() / "drydock-serve-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return host_error(name, errno);
    return Folder(std::move(name));
  }
  Folder(Folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  fs::path operator/(const char* name) const { return path_ / name; }

 private:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  fs::path path_;
};

// The plugin beside this program, as a build has it; else by the name under which
// nbdkit looks among its own.
std::string plugin() {
  std::error_code error;
  fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path() / kPlugin;
  return !error && fs::exists(here, error) ? here.string() : "drydock";
}

// What ends us, and the end of a child, are waited for; not before this is gone do
// they reach anyone else.
class WaitedSignals {
 public:
  WaitedSignals() {
    ::sigemptyset(&set_);
    for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::sigaddset(&set_, signal);
    ::sigprocmask(SIG_BLOCK, &set_, &before_);
  }
  WaitedSignals(const WaitedSignals&) = delete;
  ~WaitedSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

  const sigset_t& before() const { return before_; }
  int wait() const {
    int signal = 0;
    while (::sigwait(&set_, &signal) != 0) {
    }
    return signal;
  }
  // 0 where none came for a while.
  int wait_a_moment() const {
    timespec moment{.tv_sec = 0, .tv_nsec = kPollNanoseconds};
    int signal = ::sigtimedwait(&set_, nullptr, &moment);
    return signal > 0 ? signal : 0;
  }

 private:
  sigset_t set_;
  sigset_t before_;
};

// A process group of its own: what is typed at the terminal ends us, and we end it.
Result<pid_t> start(std::vector<std::string> words, const sigset_t& signals) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  ::posix_spawnattr_setsigmask(&attributes, &signals);
  pid_t child = -1;
  int failed =
      ::posix_spawnp(&child, argv[0], nullptr, &attributes, argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  if (failed == ENOENT) {
    return Error(Errc::not_found,
                 "the program nbdkit isn't installed: `drydock serve` "
                 "runs it");
  }
  if (failed != 0) return host_error("nbdkit", failed);
  return child;
}

// Whether the child has ended, and then how.
bool has_ended(pid_t child, int& status) {
  return ::waitpid(child, &status, WNOHANG) == child;
}

Done outcome(int status, bool asked) {
  if (asked && WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  std::string how = WIFEXITED(status) ? fmt::format("with code {}", WEXITSTATUS(status))
                                      : fmt::format("by signal {}", WTERMSIG(status));
  return Error(Errc::io, "nbdkit ended " + how + "; its own words are above");
}

}  // namespace

Done serve_until_signal(const ServerRequest& request,
                        const std::function<void(const std::string& uri)>& ready) {
  Folder folder = TRY(Folder::create());
  std::string socket =
      request.socket.empty() ? (folder / "socket").string() : request.socket;
  fs::path pid_file = folder / "pid";
  std::vector<std::string> words = {
      "nbdkit", "--foreground", "--exit-with-parent", "--unix",
      socket,   "--pidfile",    pid_file.string(),    plugin()};
  words.insert(words.end(), request.parameters.begin(), request.parameters.end());

  WaitedSignals signals;
  pid_t child = TRY(start(std::move(words), signals.before()));
  bool asked = false;
  int status = 0;
  for (bool is_ready = false; !has_ended(child, status);) {
    std::error_code ignored;
    if (!is_ready && fs::exists(pid_file, ignored)) {
      is_ready = true;
      ready("nbd+unix:///?socket=" + socket);
    }
    int signal = is_ready ? signals.wait() : signals.wait_a_moment();
    if (signal == 0 || signal == SIGCHLD) continue;
    asked = true;
    ::kill(child, SIGTERM);
  }
  std::error_code ignored;
  fs::remove(socket, ignored);
  return outcome(status, asked);
}

}  // namespace drydock::cli
