#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "repair/hive/hive.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

Value with_units(ValueType type, std::u16string_view units) {
  return {.name = "x", .type = type, .data = utf16le_bytes(units)};
}

TEST(HiveValue, TypesHaveTheirNamesBothWays) {
  EXPECT_EQ(to_string(ValueType::expand_sz), "REG_EXPAND_SZ");
  EXPECT_EQ(parse_value_type("reg_dword"), ValueType::dword);
  EXPECT_EQ(to_string(static_cast<ValueType>(0x10007)), "REG_0x10007");
  EXPECT_EQ(parse_value_type("REG_0x10007"), static_cast<ValueType>(0x10007));
  EXPECT_FALSE(parse_value_type("REG_0x"));
  EXPECT_FALSE(parse_value_type("REG_0x1g"));
  EXPECT_FALSE(parse_value_type("DWORD"));
}

TEST(HiveValue, TextEndsAtItsTerminator) {
  EXPECT_EQ(with_units(ValueType::sz, {u"ab\0cd", 5}).text(), "ab");
  EXPECT_EQ(with_units(ValueType::expand_sz, u"no end").text(), "no end");
  EXPECT_FALSE(with_units(ValueType::binary, u"ab").text());
}

TEST(HiveValue, EmptyTextsWithinAListCount) {
  EXPECT_THAT(with_units(ValueType::multi_sz, {u"a\0\0b\0\0\0", 7}).texts(),
              Optional(ElementsAre("a", "", "b", "")));
  EXPECT_THAT(with_units(ValueType::multi_sz, {u"a\0b", 3}).texts(),
              Optional(ElementsAre("a", "b")));
  EXPECT_THAT(with_units(ValueType::multi_sz, {u"\0\0", 2}).texts(),
              Optional(IsEmpty()));
  EXPECT_THAT(with_units(ValueType::multi_sz, u"").texts(), Optional(IsEmpty()));
}

TEST(HiveValue, NumbersHaveTheSizeOfTheirType) {
  EXPECT_EQ(Value::dword("x", 0x01020304).number(), 0x01020304u);
  EXPECT_EQ(Value::qword("x", 1ull << 40).number(), 1ull << 40);
  Value value = Value::dword("x", 0x01020304);
  value.type = ValueType::dword_big_endian;
  EXPECT_EQ(value.number(), 0x04030201u);
  value.data.pop_back();
  EXPECT_FALSE(value.number());
}

TEST(HiveValue, MadeValuesHoldWindowsBytes) {
  EXPECT_EQ(Value::sz("x", "a\xC3\xA4").data, utf16le_bytes({u"a\u00e4\0", 3}));
  EXPECT_EQ(Value::multi_sz("x", {"a", "b"}).data, utf16le_bytes({u"a\0b\0\0", 5}));
  EXPECT_EQ(Value::multi_sz("x", {}).data, utf16le_bytes({u"\0", 1}));
}

}  // namespace
}  // namespace drydock::hive
