// A verb that goes wrong in its worker: what the program says, and its exit code.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "repair/cli/command_line.h"
#include "repair/cli/start_in_worker.h"
#include "tests/support/sanitized.h"

namespace drydock::cli {
namespace {

using testing::HasSubstr;

struct Said {
  int code;
  std::string out;
  std::string err;
};

Said say(std::vector<std::string> words, std::function<Exit(Report&)> work) {
  words.insert(words.begin(), "verb");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  auto add_verbs = [&work](CLI::App& app, Command& command, const std::string&) {
    app.add_subcommand("verb", "")->callback([&] {
      command = {.work = work, .about = "disk.vhdx"};
    });
  };
  int code = run(std::move(words), add_verbs, start_in_worker);
  std::fflush(stdout);
  Said said{.code = code, .out = testing::internal::GetCapturedStdout(), .err = ""};
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

Exit crash(Report&) {
  const char* volatile nowhere = nullptr;
  // By a pointer, so that no sanitizer looks at the argument first.
  std::size_t (*volatile measure)(const char*) = std::strlen;
  return static_cast<Exit>(measure(nowhere));
}

TEST(StartInWorker, TheExitCodeAndTheTextAreTheWorkers) {
  Said said = say({}, [](Report& report) {
    report.print("hello\n");
    return Exit::faults;
  });
  EXPECT_EQ(said.code, 1);
  EXPECT_EQ(said.out, "hello\n");
}

TEST(StartInWorker, TheDocumentIsTheWorkers) {
  Said said = say({"--json"}, [](Report& report) {
    report.document({{"a", 1}});
    return Exit::done;
  });
  EXPECT_EQ(nlohmann::json::parse(said.out), nlohmann::json({{"a", 1}}));
}

TEST(StartInWorker, ACrashIsCouldNotTell) {
  Said said = say({}, crash);
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, HasSubstr("crashed"));
  EXPECT_THAT(said.err, HasSubstr("disk.vhdx"));
}

TEST(StartInWorker, ACrashIsADocumentToo) {
  Said said = say({"--json"}, crash);
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(nlohmann::json::parse(said.out)["error"]["code"], "could_not_tell");
}

TEST(StartInWorker, ATimeLimitEndsWhatDoesNotEnd) {
  Said said = say({"--time-limit", "1"}, [](Report&) {
    for (volatile bool never = false; !never;) {
    }
    return Exit::done;
  });
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, HasSubstr("after 1 s"));
}

TEST(StartInWorker, AMemoryLimitEndsWhatTakesTooMuch) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer ends whatever gets no memory";
  Said said = say({"--memory-limit", "64M"}, [](Report& report) {
    report.print(std::string(std::size_t{256} << 20, 'x'));
    return Exit::done;
  });
  EXPECT_EQ(said.code, 2);
  EXPECT_THAT(said.err, HasSubstr("64 MiB"));
}

TEST(StartInWorker, WhatIsNoDocumentIsNotPassedOn) {
  Said said = say({"--json"}, [](Report&) {
    std::fputs("{\"verdict\": ", stdout);
    return Exit::done;
  });
  EXPECT_EQ(said.code, 2);
  EXPECT_EQ(nlohmann::json::parse(said.out)["error"]["code"], "could_not_tell");
}

TEST(StartInWorker, AnExitCodeThatNobodyKnowsIsNotPassedOn) {
  Said said = say({}, [](Report&) { return static_cast<Exit>(77); });
  EXPECT_EQ(said.code, 2);
}

TEST(StartInWorker, WithoutASandboxTheWorkIsDoneHere) {
  bool here = false;
  Said said = say({"--no-sandbox"}, [&here](Report&) {
    here = true;
    return Exit::done;
  });
  EXPECT_EQ(said.code, 0);
  EXPECT_TRUE(here);
}

TEST(StartInWorker, LimitsThatAreNoneAreRefused) {
  auto nothing = [](Report&) { return Exit::done; };
  EXPECT_EQ(say({"--time-limit", "soon"}, nothing).code, 64);
  EXPECT_EQ(say({"--memory-limit", "1K"}, nothing).code, 64);
}

}  // namespace
}  // namespace drydock::cli
