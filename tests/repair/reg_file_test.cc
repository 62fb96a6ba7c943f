#include "repair/reg_file/reg_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vhd/base/utf16.h"

namespace drydock::reg_file {
namespace {

using hive::Value;
using hive::ValueType;
using namespace std::string_literals;

std::vector<Section> read_text(std::string_view text) {
  auto sections = read(bytes_of(text));
  EXPECT_TRUE(sections) << sections.error().describe();
  return sections ? *sections : std::vector<Section>{};
}

// The data of the one value in `line`, below a key of a file of version 5.
Value value_in(const std::string& line) {
  auto sections = read_text("Windows Registry Editor Version 5.00\n\n[k]\n" + line);
  if (sections.size() != 1 || sections[0].entries.size() != 1) return {};
  return sections[0].entries[0].value.value_or(
      Value{.name = "deleted", .type = {}, .data = {}});
}

std::string refusal(std::string_view text) {
  auto sections = read(bytes_of(text));
  return sections ? "taken" : sections.error().describe();
}

Value of_type(std::uint32_t type, std::string_view data) {
  Value value = Value::binary("v", bytes_of(data));
  value.type = static_cast<ValueType>(type);
  return value;
}

TEST(RegFile, HasKeysAndValues) {
  auto sections = read_text(
      "Windows Registry Editor Version 5.00\r\n\r\n; a remark\r\n"
      "[HKEY_LOCAL_MACHINE\\SYSTEM\\a]b]\r\n@=\"default\"\r\n"
      "  \"n\\\"a\\\\me\" = dword:1f ; another\r\n\"gone\"=-\r\n\r\n[-HKLM\\x]");
  ASSERT_EQ(sections.size(), 2u);
  EXPECT_EQ(sections[0].key, "HKEY_LOCAL_MACHINE\\SYSTEM\\a]b");
  EXPECT_EQ(sections[0].line, 4u);
  ASSERT_EQ(sections[0].entries.size(), 3u);
  EXPECT_EQ(sections[0].entries[0].value->text(), "default");
  EXPECT_EQ(sections[0].entries[1].name, "n\"a\\me");
  EXPECT_EQ(sections[0].entries[1].value->number(), 0x1fu);
  EXPECT_FALSE(sections[0].entries[2].value);
  EXPECT_TRUE(sections[1].removes);
  EXPECT_EQ(sections[1].key, "HKLM\\x");
}

TEST(RegFile, HasDataOfEveryType) {
  EXPECT_EQ(value_in("\"x\"=hex:01,2,\\\r\n  ff").data, of_type(3, "\1\2\xff").data);
  EXPECT_EQ(value_in("\"x\"=hex(b):01,00,00,00,00,00,00,00").number(), 1u);
  EXPECT_EQ(value_in("@=HEX(4):01").type, ValueType::dword);
  EXPECT_EQ(value_in("@=hex(ffff0012):").type, static_cast<ValueType>(0xffff0012));
  EXPECT_EQ(value_in("@=\"two\nlines\"").text(), "two\nlines");
  EXPECT_EQ(value_in("@=\"\"").data.size(), 2u);
  EXPECT_EQ(value_in("@=hex(7):61,00,\\ ; remark\n  00,00,00,00").texts(),
            std::vector<std::string>{"a"});
}

TEST(RegFile, IsReadInEveryEncoding) {
  std::string text = "Windows Registry Editor Version 5.00\n[k]\n\"\u00e4\"=\"\u20ac\"";
  ByteVector utf16 = utf16le_bytes(*to_utf16("\uFEFF" + text));
  for (const std::string& file :
       {text, "\xEF\xBB\xBF" + text, std::string(as_text(utf16)),
        std::string(as_text(utf16).substr(2)), "REGEDIT4\n[k]\n\"\xe4\"=\"\x80\""s}) {
    auto sections = read_text(file);
    ASSERT_EQ(sections.size(), 1u);
    EXPECT_EQ(sections[0].entries.at(0).name, "\u00e4");
    EXPECT_EQ(sections[0].entries.at(0).value->text(), "\u20ac");
  }
}

TEST(RegFile, OfVersion4HasTextsOfBytes) {
  auto sections = read_text("REGEDIT4\n[k]\n\"x\"=hex(2):25,61,25,00\n\"y\"=hex:25,00");
  ASSERT_EQ(sections.at(0).entries.size(), 2u);
  EXPECT_EQ(sections[0].entries[0].value->text(), "%a%");
  EXPECT_EQ(sections[0].entries[1].value->data.size(), 2u);
}

TEST(RegFile, IsRefusedWithTheLine) {
  EXPECT_THAT(refusal("Windows\n[k]"), testing::HasSubstr("line 1"));
  auto line = [](const std::string& text) { return refusal("REGEDIT4\n[k]\n" + text); };
  EXPECT_EQ(line("\"a\"=\"b\"\n"), "taken");
  EXPECT_THAT(line("text"), testing::HasSubstr("line 3"));
  EXPECT_THAT(line("\"a\"=\"C:\\Program Files\""),
              testing::HasSubstr("a back slash is written \\\\"));
  EXPECT_THAT(line("\n\n\"a"), testing::HasSubstr("line 5"));
  EXPECT_THAT(line("\"a\"=dword:x"), testing::HasSubstr("hex digits"));
  EXPECT_THAT(line("\"a\"=dword:123456789"), testing::HasSubstr("behind the data"));
  EXPECT_THAT(line("\"a\"=hex:0g"), testing::HasSubstr("behind the data"));
  EXPECT_THAT(line("[-k]\n\"a\"=-"), testing::HasSubstr("which is deleted"));
  EXPECT_THAT(refusal("REGEDIT4\n\"a\"=-"), testing::HasSubstr("before the first"));
  EXPECT_THAT(refusal("\xFE\xFF"), testing::HasSubstr("greater byte first"));
}

TEST(RegFile, IsWrittenAsRegeditDoes) {
  Writer writer;
  std::u16string path = u"\\SystemRoot\\x.sys";
  Value expand = of_type(2, as_text(utf16le_bytes(path)));
  expand.name = "ImagePath";
  ASSERT_TRUE(writer.add("HKEY_LOCAL_MACHINE\\k",
                         {Value::sz("", "a\"b\\"), Value::dword("n", 10), expand}));
  EXPECT_EQ(
      utf8_from_utf16le(writer.bytes()),
      "\uFEFFWindows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\k]\r\n"
      "@=\"a\\\"b\\\\\"\r\n\"n\"=dword:0000000a\r\n"
      "\"ImagePath\"=hex(2):5c,00,53,00,79,00,73,00,74,00,65,00,6d,00,52,00,6f,00,6f,"
      "00,\\\r\n  74,00,5c,00,78,00,2e,00,73,00,79,00,73,00\r\n\r\n");
}

TEST(RegFile, WrittenAndReadIsWhatItWas) {
  std::vector<Value> values = {of_type(0, ""),
                               of_type(1, ""),
                               of_type(1, "a\0"s),
                               of_type(1, "a\0\0\0b\0\0\0"s),
                               of_type(1, "a"),
                               of_type(1, "a\0\n\0\0\0"s),
                               of_type(1, "\0\xd8\0\0"s),
                               of_type(4, "\1\2\3"s),
                               of_type(4, "\1\2\3\4"s),
                               of_type(0x12345678, std::string(300, '\7'))};
  Writer writer;
  ASSERT_TRUE(writer.add("k", values));
  auto sections = read(writer.bytes());
  ASSERT_TRUE(sections) << sections.error().describe();
  ASSERT_EQ(sections->at(0).entries.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(sections->at(0).entries[i].value->type, values[i].type) << i;
    EXPECT_EQ(sections->at(0).entries[i].value->data, values[i].data) << i;
  }
}

TEST(RegFile, HasNoPlaceForALineBreakInAKeysName) {
  EXPECT_FALSE(Writer().add("a\nb", {}));
  EXPECT_FALSE(Writer().add("a", {Value::dword("a\rb", 1)}));
}

}  // namespace
}  // namespace drydock::reg_file
