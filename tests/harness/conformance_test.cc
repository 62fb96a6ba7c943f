// Every case of the conformance set, read by us; and the table that tells of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "harness/conformance/judge.h"
#include "tests/support/temp_folder.h"

namespace drydock::testing {
namespace {

using conformance::Case;
using conformance::Verdict;

TEST(ConformanceSet, EveryCaseIsReadRight) {
  std::vector<std::string> wrong;
  for (const Case& one : conformance::all_cases()) {
    TempFolder folder;
    auto image = conformance::write_files(one, folder.path());
    ASSERT_TRUE(image) << image.error().describe();
    auto judgement = conformance::readers().front().judge(one, *image);
    if (judgement.verdict != Verdict::right) {
      wrong.push_back(one.name + ": " + judgement.words);
    }
  }
  EXPECT_THAT(wrong, ::testing::IsEmpty());
}

TEST(ConformanceSet, HasAtLeastFortyCasesOfDifferentNames) {
  std::set<std::string> names;
  for (const Case& one : conformance::all_cases()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
  }
  EXPECT_GE(names.size(), 40u);
}

TEST(ConformanceSet, IsToldOfInTheDocumentsCaseByCase) {
  std::ifstream file(DRYDOCK_SOURCE_DIR "/docs/conformance.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const Case& one : conformance::all_cases()) {
    EXPECT_NE(text.str().find("| " + one.name + " | " + one.about + " |"),
              std::string::npos)
        << one.name << ": make the table anew, with drydock-harness conformance DIR";
  }
}

// Bytes that a case doesn't want must be noticed: the judge isn't blind.
TEST(ConformanceSet, AWrongByteIsSeen) {
  Case one = conformance::all_cases().front();
  TempFolder folder;
  auto image = conformance::write_files(one, folder.path());
  one.runs[0].value ^= 1;
  EXPECT_EQ(conformance::readers().front().judge(one, *image).verdict, Verdict::wrong);
  one.opens = false;
  EXPECT_EQ(conformance::readers().front().judge(one, *image).verdict,
            Verdict::accepts);
}

}  // namespace
}  // namespace drydock::testing
