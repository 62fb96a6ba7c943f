// What a worker can't do, and what becomes of one that goes wrong.

#include "repair/worker/worker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/support/sanitized.h"
#include "tests/support/temp_folder.h"

namespace drydock::worker {
namespace {

namespace fs = std::filesystem;

// Whether this host has what confines; without it these tests can't be asked.
bool host_confines() {
  auto outcome =
      run({.files = {}, .confinement = Confinement::required}, [] { return 0; });
  return bool(outcome);
}

#define NEEDS_CONFINEMENT() \
  if (!host_confines()) GTEST_SKIP() << "this host can't confine a worker"

Outcome run_confined(const std::function<int()>& work, HostFiles files = {}) {
  auto outcome = run(
      {.files = std::move(files), .confinement = Confinement::where_possible}, work);
  EXPECT_TRUE(outcome);
  return outcome ? std::move(*outcome) : Outcome();
}

// The errno of a call that failed; 0 of one that didn't.
int problem_of(long result) { return result < 0 ? errno : 0; }

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path) << text;
}
std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Worker, GivesItsExitCode) {
  EXPECT_EQ(run_confined([] { return 3; }).exit_code, 3);
}

TEST(Worker, OpensWhatItMayAndReadsIt) {
  NEEDS_CONFINEMENT();
  TempFolder folder;
  write_file(folder / "a", "seventeen");
  HostFiles files;
  files.read((folder / "a").string());
  Outcome outcome = run_confined(
      [&] { return static_cast<int>(read_file(folder / "a").size()); }, files);
  EXPECT_EQ(outcome.exit_code, 9);
}

TEST(Worker, OpensNoOtherFile) {
  NEEDS_CONFINEMENT();
  for (const char* path : {"/etc/passwd", "/proc/self/maps", "/dev/null", "."}) {
    Outcome outcome = run_confined([&] { return problem_of(::open(path, O_RDONLY)); });
    EXPECT_EQ(outcome.exit_code, EACCES) << path;
  }
}

TEST(Worker, DoesNotWriteWhatItMayOnlyRead) {
  NEEDS_CONFINEMENT();
  TempFolder folder;
  fs::path file = folder / "a";
  write_file(file, "seventeen");
  HostFiles files;
  files.read(file.string());
  for (int flags : {O_RDWR, O_WRONLY, O_RDONLY | O_TRUNC}) {
    Outcome outcome =
        run_confined([&] { return problem_of(::open(file.c_str(), flags)); }, files);
    EXPECT_EQ(outcome.exit_code, EACCES) << flags;
  }
  EXPECT_EQ(
      run_confined([&] { return problem_of(::unlink(file.c_str())); }, files).exit_code,
      EACCES);
  EXPECT_EQ(read_file(file), "seventeen");
}

TEST(Worker, MakesRenamesAndRemovesWhatItMay) {
  NEEDS_CONFINEMENT();
  TempFolder folder;
  HostFiles files;
  files.write((folder / "a").string());
  Outcome outcome = run_confined(
      [&] {
        write_file(folder / "a.drydock-part", "new");
        return fs::exists(folder / "a.drydock-part") &&
                       ::rename((folder / "a.drydock-part").c_str(),
                                (folder / "a").c_str()) == 0
                   ? 0
                   : 1;
      },
      files);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(read_file(folder / "a"), "new");
}

TEST(Worker, ReadsAnImageBesideItsOwnAndNothingElseThere) {
  NEEDS_CONFINEMENT();
  TempFolder folder;
  write_file(folder / "base.vhdx", "vhdxfile and more");
  write_file(folder / "secret.vhdx", "a text of that name");
  HostFiles files;
  files.read_image((folder / "disk.vhdx").string());
  Outcome parent = run_confined(
      [&] { return problem_of(::open((folder / "base.vhdx").c_str(), O_RDONLY)); },
      files);
  EXPECT_EQ(parent.exit_code, 0);
  Outcome other = run_confined(
      [&] { return problem_of(::open((folder / "secret.vhdx").c_str(), O_RDONLY)); },
      files);
  EXPECT_EQ(other.exit_code, EACCES);
}

TEST(Worker, KnowsAnImageByTheMarkAtItsEnd) {
  NEEDS_CONFINEMENT();
  TempFolder folder;
  HostFiles files;
  files.read_image((folder / "disk.vhd").string());
  for (std::size_t footer_size : {512, 511}) {
    std::string footer = "conectix";
    footer.resize(footer_size);
    write_file(folder / "base.vhd", std::string(4096, 'x') + footer);
    Outcome outcome = run_confined(
        [&] { return problem_of(::open((folder / "base.vhd").c_str(), O_RDONLY)); },
        files);
    EXPECT_EQ(outcome.exit_code, 0) << footer_size;
  }
}

TEST(Worker, FollowsNoLinkOutOfATree) {
  NEEDS_CONFINEMENT();
  TempFolder folder;
  fs::create_directory(folder / "tree");
  fs::create_directory(folder / "outside");
  write_file(folder / "outside" / "a", "kept");
  fs::create_directory_symlink(folder / "outside", folder / "tree" / "way");
  fs::create_symlink(folder / "outside" / "a", folder / "tree" / "link");
  HostFiles files;
  files.write_tree((folder / "tree").string());
  auto opening = [&](const fs::path& path) {
    return run_confined(
               [&] { return problem_of(::open(path.c_str(), O_RDWR | O_CREAT, 0600)); },
               files)
        .exit_code;
  };
  EXPECT_EQ(opening(folder / "tree" / "new"), 0);
  EXPECT_EQ(opening(folder / "tree" / "link"), ELOOP);
  EXPECT_EQ(opening(folder / "tree" / "way" / "a"), ELOOP);
  EXPECT_EQ(opening(folder / "tree" / ".." / "outside" / "a"), EACCES);
}

TEST(Worker, HasNoNetwork) {
  NEEDS_CONFINEMENT();
  for (int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK}) {
    Outcome outcome =
        run_confined([&] { return problem_of(::socket(family, SOCK_STREAM, 0)); });
    EXPECT_EQ(outcome.exit_code, EPERM) << family;
  }
}

// The socket is made before; nothing of it is left to the worker.
TEST(Worker, HasNoDescriptorOfItsParent) {
  int server = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  Outcome outcome = run_confined([&] { return problem_of(::listen(server, 1)); });
  EXPECT_THAT(outcome.exit_code, testing::AnyOf(EBADF, EPERM));
  ::close(server);
}

TEST(Worker, StartsNoProgramAndNoProcess) {
  NEEDS_CONFINEMENT();
  EXPECT_EQ(run_confined([] {
              return problem_of(::execl("/bin/true", "true", nullptr));
            }).exit_code,
            EPERM);
  EXPECT_EQ(run_confined([] { return problem_of(::fork()); }).exit_code, EPERM);
  EXPECT_EQ(run_confined([] { return std::system("true") == 0 ? 1 : 0; }).exit_code, 0);
}

TEST(Worker, RunsNoBytesAsCode) {
  NEEDS_CONFINEMENT();
  Outcome outcome = run_confined([] {
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? errno : 0;
  });
  EXPECT_EQ(outcome.exit_code, EPERM);
}

TEST(Worker, DoesNotLiftItsLimits) {
  NEEDS_CONFINEMENT();
  Outcome outcome = run_confined([] {
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    return problem_of(::setrlimit(RLIMIT_CORE, &limit));
  });
  EXPECT_EQ(outcome.exit_code, EPERM);
}

TEST(Worker, SignalsNobody) {
  NEEDS_CONFINEMENT();
  Outcome outcome = run_confined([] { return problem_of(::kill(::getppid(), 0)); });
  EXPECT_EQ(outcome.exit_code, EPERM);
}

TEST(Worker, HasThreads) {
  NEEDS_CONFINEMENT();
  Outcome outcome = run_confined([] {
    int answer = 0;
    std::thread thread([&answer] { answer = 42; });
    thread.join();
    return answer;
  });
  EXPECT_EQ(outcome.exit_code, 42);
}

TEST(Worker, ThatCrashesInTheCLibraryIsNamed) {
  const char* volatile nowhere = nullptr;
  // By a pointer, so that no sanitizer looks at the argument first.
  std::size_t (*volatile measure)(const char*) = std::strlen;
  Outcome outcome = run_confined([&] { return static_cast<int>(measure(nowhere)); });
  EXPECT_EQ(outcome.end, End::crashed);
  EXPECT_EQ(outcome.signal, SIGSEGV);
  EXPECT_THAT(outcome.words, testing::HasSubstr("signal 11"));
}

TEST(Worker, ThatAbortsIsNamed) {
  Outcome outcome = run_confined([]() -> int { std::abort(); });
  EXPECT_EQ(outcome.end, End::crashed);
  EXPECT_EQ(outcome.signal, SIGABRT);
}

// malloc() of a C library says no; what throws ends the worker, and says why.
TEST(Worker, ThatWantsTooMuchMemoryIsNamed) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer ends whatever gets no memory";
  auto outcome = run({.files = {}, .limits = {.memory = std::uint64_t{64} << 20}}, [] {
    std::string bomb(std::size_t{256} << 20, 'x');
    return static_cast<int>(bomb.size() & 1);
  });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, End::out_of_memory);
}

TEST(Worker, ThatNeverEndsIsEnded) {
  auto outcome = run({.files = {}, .limits = {.time = std::chrono::seconds(1)}}, [] {
    for (;;) ::poll(nullptr, 0, 100);
    return 0;
  });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, End::out_of_time);
  EXPECT_THAT(outcome->words, testing::HasSubstr("1 s"));
}

TEST(Worker, ThatLoopsWithoutReadingHangs) {
  auto outcome =
      run({.files = {}, .limits = {.without_io = std::chrono::seconds(1)}}, [] {
        for (volatile bool never = false; !never;) {
        }
        return 0;
      });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, End::hung);
}

TEST(Worker, WhoseOutputIsKeptGivesItBack) {
  auto outcome = run({.files = {}, .output = Output::kept}, [] {
    std::fputs("{}\n", stdout);
    return 0;
  });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->output, "{}\n");
}

TEST(Worker, ThatIsAskedToStopStops) {
  pid_t parent = ::getpid();
  auto outcome = run({.files = {}, .confinement = Confinement::none}, [parent] {
    ::kill(parent, SIGTERM);  // which the parent hands on
    for (;;) ::pause();
    return 0;
  });
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, End::stopped);
  EXPECT_EQ(outcome->signal, SIGTERM);
}

TEST(Worker, ThatMadeAJournalSaysSo) {
  NEEDS_CONFINEMENT();
  TempFolder folder;
  HostFiles files;
  files.write_image((folder / "disk.vhdx").string());
  Outcome outcome = run_confined(
      [&]() -> int {
        write_file(folder / "disk.vhdx.0001.drydock", "begun");
        std::abort();
      },
      files);
  EXPECT_EQ(outcome.end, End::crashed);
  EXPECT_TRUE(outcome.made_journal);
}

}  // namespace
}  // namespace drydock::worker
