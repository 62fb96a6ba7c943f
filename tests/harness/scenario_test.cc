#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/images/build.h"
#include "harness/scenarios/run.h"

namespace drydock::scenarios {
namespace {

using testing::HasSubstr;

constexpr std::string_view kStart = R"(
name: a story
image: { size: 300MiB }
faults: [ bcd.default-missing ]
diagnose:
  - { recipe: bcd.default-missing, stops_boot: true }
repair: [ bcd.default-missing ]
expect:
)";

std::string error_of(std::string_view text) {
  auto story = read_story(text, "a.yaml");
  return story ? "no error" : story.error().describe();
}

// The error of a story whose expectation is `line`.
std::string error_of_line(std::string_view line) {
  return error_of(std::string(kStart) + "  - " + std::string(line) + "\n");
}

TEST(Story, IsReadWhole) {
  auto story = read_story(R"(
name: a story
image: { size: 200MiB, windows: server-2019 }
seed: 9
faults:
  - bcd.default-missing
  - { fault: driver.disable, driver: acme }
set: { driver: acme }
diagnose:
  - { recipe: driver.disable, where: here }
repair: [ driver.disable ]
expect:
  - diagnose: healthy
  - undo: gives back every byte
)",
                          "a.yaml");
  ASSERT_TRUE(story) << story.error().describe();
  EXPECT_EQ(story->name, "a story");
  EXPECT_EQ(story->image.windows->word, "server-2019");
  EXPECT_EQ(story->seed, 9u);
  ASSERT_EQ(story->wounds.size(), 2u);
  EXPECT_EQ(story->wounds[1].parameters.at("driver"), "acme");
  EXPECT_EQ(story->findings.at(0).facts.at("where"), "here");
  EXPECT_EQ(story->recipes.at(0)->id(), "driver.disable");
  EXPECT_EQ(story->settings.at("driver"), "acme");
  EXPECT_EQ(story->expectations.at(1)->text(), "undo: gives back every byte");
}

TEST(Story, NamesTheLineOfAWordThatItDoesNotKnow) {
  EXPECT_THAT(error_of("name: x\nfault: []\n"), HasSubstr("'fault'"));
  EXPECT_THAT(error_of("name: x\nfault: []\n"), HasSubstr("(a.yaml:2)"));
  EXPECT_THAT(error_of("name: x\nfaults: [ no.such ]\n"),
              HasSubstr("no fault is named no.such (a.yaml:2)"));
  EXPECT_THAT(error_of("name: x\nrepair: [ no.such ]\n"),
              HasSubstr("no recipe is named no.such (a.yaml:2)"));
  EXPECT_THAT(error_of("name: x\nfaults:\n  - { fault: driver.disable, drive: y }\n"),
              HasSubstr("takes no parameter 'drive' (a.yaml:3)"));
  EXPECT_THAT(error_of("name: x\ndiagnose:\n  - { recipe: driver.disable, stop: y }\n"),
              HasSubstr("'stop'"));
  EXPECT_THAT(error_of("name: [\n"), HasSubstr("a.yaml:2"));
  EXPECT_THAT(error_of("name: x\nname: y\n"), HasSubstr("twice (a.yaml:2)"));
}

TEST(Story, SaysWhatIsChanged) {
  auto story = read_story(R"(
name: a story
image: { size: 200MiB }
given:
  - { file: '\Story\a.txt', lines: 2, as: lznt1 }
change:
  - { mkdir: 'C:\Kept' }
  - { mv: 'C:\a', to: 'C:\Kept\a' }
  - { put: 'C:\a', text: another }
  - { rm: 'C:\b' }
expect:
  - undo: gives back every byte
)",
                          "a.yaml");
  ASSERT_TRUE(story) << story.error().describe();
  EXPECT_EQ(story->given.at(0).text, "line 0 of many\r\nline 1 of many\r\n");
  ASSERT_EQ(story->changes.size(), 4u);
  EXPECT_EQ(story->changes[1].to, "C:\\Kept\\a");
  EXPECT_EQ(story->changes[2].text, "another");
  EXPECT_EQ(story->changes[3].verb, Change::Verb::remove);
}

TEST(Story, NamesTheLineOfAChangeThatIsNone) {
  auto error_of_change = [](std::string_view change) {
    return error_of("name: x\nchange:\n  - " + std::string(change) + "\n");
  };
  EXPECT_THAT(error_of_change("{ putt: 'C:\\x' }"), HasSubstr("(a.yaml:3)"));
  EXPECT_THAT(error_of_change("{ put: 'C:\\x' }"), HasSubstr("either a text or"));
  EXPECT_THAT(error_of_change("{ put: 'C:\\x', lines: many }"),
              HasSubstr("'many' isn't a count of lines"));
  EXPECT_THAT(error_of_change("{ rm: 'C:\\x', text: y }"), HasSubstr("'text'"));
  EXPECT_THAT(error_of_change("{ rm: 'C:\\x', mkdir: 'C:\\y' }"),
              HasSubstr("one change is one item"));
  EXPECT_THAT(error_of("name: x\nchange: [ { rm: 'C:\\x' } ]\n"
                       "repair: [ bcd.default-missing ]\n"),
              HasSubstr("not two of them"));
  EXPECT_THAT(error_of("name: x\ngiven:\n  - { file: 'x', text: y, as: lznt1 }\n"),
              HasSubstr("doesn't start at the root (a.yaml:3)"));
  EXPECT_THAT(error_of("name: x\ngiven:\n  - { file: '\\x', text: y, as: zip }\n"),
              HasSubstr("as lznt1 or as wof"));
}

TEST(Story, ProvesSomething) {
  EXPECT_THAT(error_of("name: x\n"), HasSubstr("proves nothing"));
}

TEST(Story, KnowsItsExpectations) {
  EXPECT_EQ(error_of_line("diagnose: healthy"), "no error");
  EXPECT_THAT(error_of_line("diagnosis: healthy"),
              HasSubstr("isn't something to expect"));
  EXPECT_THAT(error_of_line("diagnose: well"), HasSubstr("'well' isn't known"));
  EXPECT_THAT(error_of_line("undo: somehow"), HasSubstr("(a.yaml:9)"));
  EXPECT_THAT(error_of_line("bcd: default is x"), HasSubstr("isn't '{object}"));
  EXPECT_THAT(error_of_line("registry: 'SYSTEM\\Select is 1'"), HasSubstr("HKLM"));
  EXPECT_THAT(error_of_line("file: 'C:\\x is big'"), HasSubstr("there, absent or"));
  EXPECT_THAT(error_of_line("power_cut: sometimes"), HasSubstr("isn't known"));
  EXPECT_THAT(error_of_line("outsiders: 'C:\\x is read'"), HasSubstr("read the same"));
}

TEST(Story, HasUndoLast) {
  EXPECT_THAT(error_of(std::string(kStart) +
                       "  - undo: gives back every byte\n  - diagnose: healthy\n"),
              HasSubstr("undo stands last"));
}

// Plays a story, and gives the error.
std::string played(const std::string& text) {
  auto story = read_story(text, "a.yaml");
  if (!story) return story.error().describe();
  Done done = run_story(*story, [](std::string_view) {});
  return done ? "no error" : done.error().describe();
}

class PlayedStory : public testing::Test {
 protected:
  void SetUp() override {
    auto missing = images::missing_programs();
    if (!missing.empty()) GTEST_SKIP() << missing[0] << " isn't here";
  }
};

TEST_F(PlayedStory, SucceedsWhereAllIsAsExpected) {
  EXPECT_EQ(played(std::string(kStart) + R"(
  - bcd: '{bootmgr} default is {current}'
  - bcd: '{bootmgr} timeout is 30'
  - bcd: '{current} safeboot is absent'
  - registry: 'HKLM\SYSTEM\Select\Current is 1'
  - registry: 'HKLM\SYSTEM\Select\Nothing is absent'
  - file: 'esp:\EFI\Microsoft\Boot\BCD is there'
  - file: 'C:\Windows\nothing is absent'
)"),
            "no error");
}

TEST_F(PlayedStory, FailsWhereAnExpectationDoes) {
  EXPECT_THAT(played(std::string(kStart) + "  - bcd: '{bootmgr} timeout is 31'\n"),
              HasSubstr("{bootmgr} timeout is 30, and not 31"));
  EXPECT_THAT(played(std::string(kStart) + "  - file: 'C:\\Windows is absent'\n"),
              HasSubstr("C:\\Windows is there, and not absent"));
}

constexpr std::string_view kChange = R"(
name: a change
image: { size: 300MiB }
change:
  - { put: 'C:\Windows\story.txt', text: a story }
expect:
)";

TEST_F(PlayedStory, FailsWhereAChangeCameToSomethingElse) {
  EXPECT_EQ(played(std::string(kChange) +
                   "  - file: 'C:\\Windows\\story.txt is \"a story\"'\n"
                   "  - stored: 'C:\\Windows\\story.txt is resident'\n"),
            "no error");
  EXPECT_THAT(
      played(std::string(kChange) + "  - stored: 'C:\\Windows\\story.txt is LZNT1'\n"),
      HasSubstr("is resident, and not LZNT1"));
  EXPECT_THAT(
      played(std::string(kChange) + "  - sddl: 'C:\\Windows\\story.txt is O:BA'\n"),
      HasSubstr(", and not O:BA"));
  EXPECT_THAT(played(std::string(kChange) +
                     "  - outsiders: 'C:\\Windows\\none is read the same'\n"),
              HasSubstr("none"));
}

TEST_F(PlayedStory, FailsWhereTheDiagnosisIsAnother) {
  EXPECT_THAT(played(R"(
name: nothing is wrong
image: { size: 300MiB }
diagnose:
  - { recipe: bcd.default-missing }
expect:
  - diagnose: healthy
)"),
              HasSubstr("bcd.default-missing found nothing (a.yaml:5, diagnose)"));
  EXPECT_THAT(played(R"(
name: something is wrong
image: { size: 300MiB }
faults: [ bcd.default-missing ]
expect:
  - diagnose: healthy
)"),
              HasSubstr("nobody expected bcd.default-missing"));
}

constexpr std::string_view kCatalogsGone = R"(
name: catalogs are gone
image: { size: 300MiB, catalogs: 3 }
faults: [ { fault: signature.catalog-store, name: InputDevices } ]
diagnose: []
unsigned: [ i8042prt.sys, fdc.sys, flpydisk.sys, CmBatt.sys, monitor.sys ]
expect:
)";

TEST_F(PlayedStory, FailsWhereDriversAreNotSigned) {
  EXPECT_THAT(played(std::string(kCatalogsGone) + "  - drivers: each is signed\n"),
              HasSubstr("nobody signed cmbatt.sys, fdc.sys, flpydisk.sys"));
}

TEST_F(PlayedStory, FailsWhereOtherDriversAreUnsigned) {
  std::string text(kCatalogsGone);
  text.replace(text.find("fdc.sys, "), 9, "");
  EXPECT_THAT(played(text + "  - drivers: each is signed\n"),
              HasSubstr("they are cmbatt.sys, fdc.sys"));
}

TEST_F(PlayedStory, FindsAFreshDiskHealthy) {
  EXPECT_EQ(played(R"(
name: a fresh disk
image: { size: 300MiB, windows: windows-11, format: raw, recovery: 32MiB }
expect:
  - diagnose: healthy
)"),
            "no error");
}

}  // namespace
}  // namespace drydock::scenarios
