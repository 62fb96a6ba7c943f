#include "repair/driver/inf.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vhd/base/utf16.h"

namespace drydock::driver {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Inf read_text(std::string_view text, Language language = kAmericanEnglish) {
  auto inf = Inf::read(bytes_of(text), language);
  EXPECT_TRUE(inf) << inf.error().describe();
  return inf ? std::move(*inf) : Inf();
}

// The text, or why there is none.
std::string text_of(const Result<std::string>& text) {
  return text ? *text : text.error().describe();
}

std::string refusal(std::string_view text) {
  auto inf = Inf::read(bytes_of(text));
  return inf ? "taken" : inf.error().describe();
}

// The fields of the first line of [a].
std::vector<std::string> fields(std::string_view line) {
  Inf inf = read_text(fmt::format("[a]\n{}\n", line));
  return inf.find("a")->lines.at(0).fields;
}

TEST(InfText, SectionsOfOneNameAreOneWhateverTheCase) {
  Inf inf = read_text("[One]\na=1\n[two]\nb=2\n[ONE]\nc=3\n");
  ASSERT_EQ(inf.sections().size(), 2u);
  EXPECT_EQ(inf.find("oNe")->lines.size(), 2u);
  EXPECT_EQ(text_of(inf.value("one", "C")), "3");
  EXPECT_EQ(inf.find("three"), nullptr);
}

TEST(InfText, FieldsAreSplitAtCommasAndFreedOfBlanksAndQuotes) {
  EXPECT_THAT(fields("k = a b , \" c, \"\"d\"\" \",,e"),
              ElementsAre("a b", " c, \"d\" ", "", "e"));
  EXPECT_THAT(fields("HKR, \"a=b\", c = d"), ElementsAre("HKR", "a=b", "c = d"));
  EXPECT_THAT(fields("k=\"\"\"some string\"\"\""), ElementsAre("\"some string\""));
}

TEST(InfText, CommentsEndWhereTheLineDoesButNotInQuotesOrTokens) {
  EXPECT_THAT(fields("k = \"a;b\" ; c"), ElementsAre("a;b"));
  EXPECT_THAT(fields("k = %a;b%,c;d"), ElementsAre("%a;b%", "c"));
  EXPECT_THAT(fields(";x\n\nk = 50% ; more than 40%"), ElementsAre("50%"));
}

TEST(InfText, ABackslashAtTheEndGoesOnInTheNextLine) {
  EXPECT_THAT(fields("k = \"folder\\\"\\ ; words\n   ,file"),
              ElementsAre("folder\\", "file"));
  EXPECT_THAT(fields("k = folder\\\\\r\n,file"), ElementsAre("folder", "file"));
  Inf inf = read_text("[a]\nk = 1,\\\n2\nl = 3\n");
  EXPECT_EQ(inf.find("a", "l")->number, 4u);
}

TEST(InfText, StringsArePutInWhereTheyAreKnown) {
  Inf inf = read_text(
      "[a]\n%Who% = %WHO% of %%that%%, %12%\\x.sys\n[Strings]\nwho=\"Them, all\"\n");
  const InfLine& line = inf.find("a")->lines.at(0);
  EXPECT_EQ(text_of(inf.key(line)), "Them, all");
  EXPECT_EQ(text_of(inf.field(line, 0)), "Them, all of %that%");
  EXPECT_EQ(text_of(inf.field(line, 1)), "%12%\\x.sys");
  EXPECT_EQ(text_of(inf.field(line, 2)), "");
}

TEST(InfText, WhatAStringBringsIsntLookedAtAgain) {
  Inf inf = read_text("[a]\nk=%one%\n[Strings]\none=%two%\ntwo=%one%\n");
  EXPECT_EQ(text_of(inf.value("a", "k")), "%two%");
}

TEST(InfText, StringsAreOfTheClosestLanguage) {
  std::string text =
      "[a]\nk=%x%\n[Strings]\nx=none\n[Strings.0407]\nx=German\n[Strings.0009]\n"
      "x=English\n[Strings.080a]\nx=Mexican\n";
  EXPECT_EQ(text_of(read_text(text, 0x0407).value("a", "k")), "German");
  EXPECT_EQ(text_of(read_text(text, 0x0409).value("a", "k")), "English");
  EXPECT_EQ(text_of(read_text(text, 0x0c0a).value("a", "k")), "Mexican");
  EXPECT_EQ(text_of(read_text(text, 0x040c).value("a", "k")), "none");
}

TEST(InfText, EveryEncodingReadsTheSame) {
  std::string text = "[\u00e4]\r\nk=\u00fc\r\n";
  std::string marked = "\uFEFF" + text;
  std::string ansi = "[\xe4]\r\nk=\xfc\r\n";
  ByteVector wide = utf16le_bytes(to_utf16(marked).value());
  for (Bytes file : {bytes_of(text), bytes_of(marked), bytes_of(ansi), Bytes(wide)}) {
    auto inf = Inf::read(file);
    ASSERT_TRUE(inf) << inf.error().words();
    EXPECT_EQ(text_of(inf->value("\u00e4", "k")), "\u00fc");
  }
}

TEST(InfText, WhatIsBrokenIsRefusedWithItsLine) {
  EXPECT_THAT(refusal("\nk=1\n[a]\n"),
              testing::AllOf(HasSubstr("before the first"), HasSubstr("line 2")));
  EXPECT_THAT(refusal("[a]\nb\n[c\n"),
              testing::AllOf(HasSubstr("closed by ]"), HasSubstr("line 3")));
  EXPECT_THAT(refusal("[a]\nb=\"c\n"),
              testing::AllOf(HasSubstr("quote"), HasSubstr("line 2")));
  EXPECT_THAT(refusal(fmt::format("[{}]\n", std::string(256, 'a'))),
              HasSubstr("more than 255 letters"));
  EXPECT_THAT(refusal("[a]\n" + std::string(4096, 'b') + "\n"),
              HasSubstr("more than 4095 letters"));
  EXPECT_THAT(refusal(std::string("[a]\nb=\0\n", 8)), HasSubstr("zeros"));
  EXPECT_THAT(refusal("[a]\n" + std::string(kInfFieldCountMax, ',') + "\n"),
              HasSubstr("more than 1000000 fields"));
}

TEST(InfText, AFieldThatItsStringsMakeTooLongIsRefused) {
  std::string text = "[a]\nk=";
  for (int i = 0; i < 3; ++i) text += "%x%";
  Inf inf = read_text(text + "\n[Strings]\nx=" + std::string(2000, 'y') + "\n");
  EXPECT_THAT(text_of(inf.value("a", "k")),
              testing::AllOf(HasSubstr("more than 4095"), HasSubstr("line 2")));
}

TEST(InfText, NumbersAreDecimalOrHexadecimal) {
  EXPECT_EQ(parse_inf_number("10"), 10u);
  EXPECT_EQ(parse_inf_number("0x00010001"), 0x10001u);
  EXPECT_EQ(parse_inf_number("0XFFFFFFFF"), 0xffffffffu);
  EXPECT_EQ(parse_inf_number("0x100000000"), std::nullopt);
  EXPECT_EQ(parse_inf_number("1a"), std::nullopt);
  EXPECT_EQ(parse_inf_number(""), std::nullopt);
}

}  // namespace
}  // namespace drydock::driver
