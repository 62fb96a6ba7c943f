#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string_view>
#include <utility>

#include "harness/program.h"
#include "vhd/base/try.h"

namespace drydock::harness {

namespace {

// How much of a failed program's talk is worth repeating.
constexpr std::size_t kLastWordsMax = 500;

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends;
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Error(Errc::io, fmt::format("pipe: {}", std::strerror(errno)));
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  // A person's PATH often lacks the folders where mkfs.fat and sfdisk are.
  std::istringstream folders(std::string(path != nullptr ? path : "") +
                             ":/usr/sbin:/sbin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = folder + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 16384> buffer;
  for (;;) {
    ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

// The C strings that spawn wants, pointing into `words`, which must outlive it.
std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const std::string& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> with_our_environment(std::vector<std::string> added) {
  for (char** word = environ; *word != nullptr; ++word) added.emplace_back(*word);
  return added;  // the first of two of one name counts
}

Error ended_badly(const std::string& program, int status, std::string_view talk) {
  while (!talk.empty() && talk.back() == '\n') talk.remove_suffix(1);
  if (talk.size() > kLastWordsMax) talk.remove_prefix(talk.size() - kLastWordsMax);
  std::string end = WIFEXITED(status)
                        ? fmt::format("ended with code {}", WEXITSTATUS(status))
                        : fmt::format("was ended by signal {}", WTERMSIG(status));
  return Error(Errc::io, fmt::format("{} {}: {}", program, end, talk));
}

}  // namespace

bool have_program(const std::string& name) { return !find_program(name).empty(); }

Result<std::string> run_program(const std::vector<std::string>& argv,
                                const ProgramOptions& options) {
  const std::string& name = argv.at(0);
  std::string program = find_program(name);
  if (program.empty()) {
    return Error(Errc::not_found,
                 fmt::format("the program {} isn't installed: see ci/setup", name));
  }
  if (options.input.size() > kProgramInputMax) {
    return Error(Errc::bad_argument,
                 fmt::format("an input of {} bytes for {}, at most {} can be given",
                             options.input.size(), name, kProgramInputMax));
  }
  Pipe in = TRY(make_pipe());
  Pipe out = TRY(make_pipe());
  if (::write(in.write.number(), options.input.data(), options.input.size()) !=
      static_cast<ssize_t>(options.input.size())) {
    return Error(Errc::io, fmt::format("a pipe to {}: {}", name, std::strerror(errno)));
  }
  in.write.close();

  std::vector<std::string> environment = with_our_environment(options.environment);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.read.number(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, out.write.number(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, out.write.number(), 2);
  pid_t child = -1;
  int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr,
                             pointers(argv).data(), pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    return Error(Errc::io, fmt::format("{}: {}", program, std::strerror(failed)));
  }
  out.write.close();
  std::string talk = read_all(out.read.number());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return ended_badly(name, status, talk);
  }
  return talk;
}

}  // namespace drydock::harness
