#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "repair/worker/broker.h"
#include "repair/worker/confine.h"
#include "repair/worker/readable.h"
#include "repair/worker/usage.h"
#include "repair/worker/worker.h"
#include "vhd/base/try.h"

namespace drydock::worker {

namespace {

using Clock = std::chrono::steady_clock;

// How a worker says that it got no memory; none of ours ends so.
constexpr int kExitOutOfMemory = 200;
// A document of half a million file names takes a third of this.
constexpr std::size_t kOutputSizeMax = std::size_t{1} << 30;
// How often a quiet worker's time is looked at.
constexpr int kLookMs = 500;

Error host_error(std::string_view call) {
  return Error(Errc::io,
               fmt::format("the host's {} says: {}", call, std::strerror(errno)));
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }
  int number() const { return number_; }

 private:
  int number_ = -1;
};

struct Pair {
  Descriptor parent;
  Descriptor child;
};

// The worker's first words: a descriptor of the filter, or why there is none.
void send_first_words(int socket, int descriptor, const std::string& words) {
  char mark = '.';
  iovec part{.iov_base = &mark, .iov_len = 1};
  if (descriptor < 0) {
    part = {.iov_base = const_cast<char*>(words.data()), .iov_len = words.size()};
  }
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (descriptor >= 0) {
    message.msg_control = space.data();
    message.msg_controllen = space.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

struct FirstWords {
  int descriptor = -1;
  std::string words;
};

FirstWords receive_first_words(int socket) {
  std::array<char, 512> text{};
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  ssize_t count = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  FirstWords result;
  if (count <= 0) return result;  // It died before; how, is seen later.
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    std::memcpy(&result.descriptor, CMSG_DATA(header), sizeof result.descriptor);
  } else {
    result.words.assign(text.data(), static_cast<std::size_t>(count));
  }
  return result;
}

// Signals that ask a program to stop, and the end of a child, as something to poll.
class Signals {
 public:
  Signals() {
    sigset_t waited;
    ::sigemptyset(&waited);
    for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::sigaddset(&waited, signal);
    ::sigprocmask(SIG_BLOCK, &waited, &before_);
    descriptor_ = Descriptor(::signalfd(-1, &waited, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~Signals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;

  int descriptor() const { return descriptor_.number(); }
  void give_back() const { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

  // To the worker, where a terminal hasn't sent it to both of us already.
  void pass_on(pid_t worker) const {
    signalfd_siginfo found{};
    while (::read(descriptor(), &found, sizeof found) == sizeof found) {
      if (found.ssi_signo == SIGCHLD || found.ssi_code == SI_KERNEL) continue;
      ::kill(worker, static_cast<int>(found.ssi_signo));
    }
  }

 private:
  sigset_t before_{};
  Descriptor descriptor_;
};

// All but the standard three and these.
void close_all_but(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned first = STDERR_FILENO + 1;
  for (int descriptor : kept) {
    auto number = static_cast<unsigned>(descriptor);
    if (number > first) ::close_range(first, number - 1, 0);
    first = number + 1;
  }
  ::close_range(first, ~0U, 0);
}

[[noreturn]] void work_as_child(const Options& options, Pair& socket, Pair& output,
                                const std::function<int()>& work) {
  // Who kills the program that was started means all of it; journals are for that.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (output.child.number() >= 0) ::dup2(output.child.number(), STDOUT_FILENO);
  int link = socket.child.number();
  std::vector<int> kept = options.descriptors;
  kept.push_back(link);
  close_all_but(std::move(kept));
  limit_memory(options.limits.memory);
  std::set_new_handler([] { ::_exit(kExitOutOfMemory); });
  std::string problem;
  int questions = -1;
  if (options.confinement != Confinement::none) {
    auto confined = confine();
    if (confined) {
      questions = *confined;
    } else {
      problem = confined.error().words();
    }
  }
  send_first_words(link, questions, problem.empty() ? "." : problem);
  ::close(link);
  if (questions >= 0) ::close(questions);
  bool go = problem.empty() || options.confinement != Confinement::required;
  int code = go ? work() : 0;
  if (std::fflush(stdout) != 0) ::_exit(code == 0 ? 3 : code);
  ::_exit(code);
}

// The parent, from the fork to the worker's end.
class Supervision {
 public:
  Supervision(const Options& options, pid_t worker)
      : options_(options), worker_(worker) {}

  Outcome run(const Signals& signals, Pair socket, Pair output) {
    socket.child.close();
    output.child.close();
    output_ = std::move(output.parent);
    signals_ = &signals;
    take_first_words(socket.parent.number());
    while (!has_ended()) {
      wait();
      if (!end_) check_limits();
    }
    drain();
    outcome_.made_journal = broker_ && broker_->has_journal();
    return std::move(outcome_);
  }

 private:
  void take_first_words(int socket) {
    FirstWords first = receive_first_words(socket);
    if (first.descriptor >= 0) {
      broker_.emplace(options_.files, first.descriptor, worker_);
    } else if (first.words != ".") {
      outcome_.unconfined = first.words;
    }
  }

  void wait() {
    std::array<pollfd, 3> polled{};
    polled[0] = {.fd = signals_->descriptor(), .events = POLLIN, .revents = 0};
    polled[1] = {.fd = broker_ && !asks_no_more_ ? broker_->descriptor() : -1,
                 .events = POLLIN,
                 .revents = 0};
    polled[2] = {.fd = output_.number(), .events = POLLIN, .revents = 0};
    if (::poll(polled.data(), polled.size(), kLookMs) <= 0) return;
    if (polled[0].revents != 0) signals_->pass_on(worker_);
    if ((polled[1].revents & POLLIN) != 0) broker_->serve();
    // It is gone, but for its memory, which takes a while: SIGCHLD comes then.
    if ((polled[1].revents & POLLHUP) != 0) asks_no_more_ = true;
    if (polled[2].revents != 0) take_output();
  }

  // False at the end of what the worker writes.
  bool take_output() {
    std::array<char, 65536> buffer;
    ssize_t count = ::read(output_.number(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) return true;
    if (count <= 0) {
      output_.close();
      return false;
    }
    std::string_view text(buffer.data(), static_cast<std::size_t>(count));
    if (options_.output == Output::kept) {
      if (text.size() > kOutputSizeMax - outcome_.output.size()) {
        kill(
            End::out_of_memory,
            fmt::format("the worker's answer is longer than {} bytes", kOutputSizeMax));
        return false;
      }
      outcome_.output += text;
      return true;
    }
    std::string shown = readable_.show(text);
    // Nobody reads any more: the worker is to hear of it as if it had written itself.
    if (std::fwrite(shown.data(), 1, shown.size(), stdout) != shown.size() ||
        std::fflush(stdout) != 0) {
      output_.close();
      return false;
    }
    return true;
  }

  void drain() {
    while (output_.number() >= 0 && take_output()) {
    }
  }

  void check_limits() {
    auto now = Clock::now();
    const Limits& limits = options_.limits;
    if (limits.time && now - start_ > *limits.time) {
      kill(End::out_of_time,
           fmt::format("the worker wasn't done after {} s", limits.time->count()));
      return;
    }
    if (now - looked_ < std::chrono::milliseconds(kLookMs)) return;
    looked_ = now;
    auto usage = usage_of(worker_);
    if (!usage) return;
    if (usage->io_count != io_count_) {
      io_count_ = usage->io_count;
      busy_at_io_ = usage->busy;
    }
    if (usage->busy - busy_at_io_ > limits.without_io) {
      kill(End::hung,
           fmt::format("the worker hung: {} s of processor time, and nothing "
                       "was read or written",
                       limits.without_io.count()));
    }
  }

  void kill(End end, std::string words) {
    end_ = end;
    outcome_.words = std::move(words);
    ::kill(worker_, SIGKILL);
  }

  bool has_ended() {
    int status = 0;
    if (::waitpid(worker_, &status, WNOHANG) != worker_) return false;
    if (end_) {
      outcome_.end = *end_;
    } else if (WIFEXITED(status)) {
      ended_by_itself(WEXITSTATUS(status));
    } else {
      ended_by_signal(WTERMSIG(status));
    }
    return true;
  }

  void ended_by_itself(int code) {
    outcome_.exit_code = code;
    if (code != kExitOutOfMemory) return;
    outcome_.end = End::out_of_memory;
    outcome_.words = fmt::format("the worker wanted more than {} MiB of memory",
                                 options_.limits.memory >> 20);
  }

  void ended_by_signal(int signal) {
    bool asked =
        signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGPIPE;
    outcome_.end = asked ? End::stopped : End::crashed;
    outcome_.signal = signal;
    outcome_.words =
        fmt::format("the worker {}: signal {} ({})", asked ? "was stopped" : "crashed",
                    signal, ::strsignal(signal));
  }

  const Options& options_;
  pid_t worker_;
  const Signals* signals_ = nullptr;
  Descriptor output_;
  std::optional<Broker> broker_;
  bool asks_no_more_ = false;
  Readable readable_;
  Outcome outcome_;
  std::optional<End> end_;  // once it was killed
  Clock::time_point start_ = Clock::now();
  Clock::time_point looked_ = start_;
  std::uint64_t io_count_ = 0;
  std::chrono::milliseconds busy_at_io_{0};
};

}  // namespace

Result<Outcome> run(const Options& options, const std::function<int()>& work) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return host_error("socketpair");
  }
  Pair socket{.parent = Descriptor(ends[0]), .child = Descriptor(ends[1])};
  Pair output;
  if (options.output != Output::own) {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return host_error("pipe");
    output = {.parent = Descriptor(ends[0]), .child = Descriptor(ends[1])};
  }
  std::fflush(nullptr);  // What is in the buffers is to be written once.
  Signals signals;
  pid_t worker = ::fork();
  if (worker < 0) return host_error("fork");
  if (worker == 0) {
    signals.give_back();
    work_as_child(options, socket, output, work);
  }
  Outcome outcome =
      Supervision(options, worker).run(signals, std::move(socket), std::move(output));
  if (!outcome.unconfined.empty() && options.confinement == Confinement::required) {
    return Error(Errc::unsupported, outcome.unconfined);
  }
  return outcome;
}

}  // namespace drydock::worker
