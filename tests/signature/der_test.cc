#include "repair/signature/der.h"

#include <gtest/gtest.h>

#include "tests/support/der_builder.h"

namespace drydock::signature::der {
namespace {

using namespace std::string_literals;

std::string error_of(const std::string& bytes) {
  Reader reader(bytes_of(bytes));
  auto element = reader.next();
  return element ? "none" : element.error().describe();
}

std::string object_of(std::initializer_list<std::uint32_t> arcs) {
  std::string bytes = built::object(arcs);
  return object_text(bytes_of(bytes).subspan(2));
}

TEST(Der, AReaderStepsOverElementsAndKnowsWhereItIs) {
  std::string bytes = built::sequence(built::integer(5) + built::octets("abc"));
  Reader reader(bytes_of(bytes));
  auto inside = reader.enter(kSequence, "it");
  ASSERT_TRUE(inside);
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(inside->offset(), 2u);
  EXPECT_EQ(to_unsigned(inside->next(kInteger, "a number")->body), 5u);
  EXPECT_EQ(inside->offset(), 5u);
  EXPECT_EQ(as_text(inside->next(kOctetString, "bytes")->body), "abc");
  EXPECT_TRUE(inside->at_end());
}

TEST(Der, LongLengthsAreRead) {
  std::string bytes = built::octets(std::string(70000, 'x'));
  Reader reader(bytes_of(bytes));
  auto element = reader.next();
  ASSERT_TRUE(element);
  EXPECT_EQ(element->body.size(), 70000u);
  EXPECT_EQ(element->whole.size(), bytes.size());
}

TEST(Der, ALengthMayHaveMoreBytesThanItNeeds) {
  std::string bytes = "\x04\x82\x00\x01z"s;
  EXPECT_EQ(as_text(Reader(bytes_of(bytes)).next()->body), "z");
}

TEST(Der, WhatEndsTooEarlySaysWhere) {
  EXPECT_EQ(error_of(""), "it ends where another element should be (offset 0)");
  EXPECT_EQ(error_of("\x30"), "it ends within the head of an element (offset 0)");
  EXPECT_EQ(error_of("\x30\x82\x01"),
            "it ends within the head of an element (offset 0)");
  EXPECT_EQ(error_of("\x30\x05xyz"),
            "an element of 5 bytes where 3 are left (offset 0)");
  EXPECT_EQ(error_of("\x04\x84\xff\xff\xff\xffx"),
            "an element of 4294967295 bytes where 1 are left (offset 0)");
}

TEST(Der, WhatDerHasNotIsRefused) {
  EXPECT_EQ(error_of("\x30\x80\x00\x00"s),
            "an element of indefinite length, which DER hasn't (offset 0)");
  EXPECT_EQ(error_of("\x30\x85\x00\x00\x00\x00\x00"s),
            "a length of 5 bytes (offset 0)");
  EXPECT_EQ(error_of("\x1f\x81\x00\x00"s),
            "a tag of more than one byte (0x1f...) (offset 0)");
}

TEST(Der, AnotherTagIsToldWithBoth) {
  std::string bytes = built::sequence(built::integer(5));
  Reader inside = *Reader(bytes_of(bytes)).enter(kSequence, "it");
  auto element = inside.next(kOctetString, "the tag");
  ASSERT_FALSE(element);
  EXPECT_EQ(element.error().describe(),
            "0x02 where the tag (0x04) should be (offset 2)");
}

TEST(Der, IdentifiersAreWrittenWithDots) {
  EXPECT_EQ(object_of({1, 3, 6, 1, 4, 1, 311, 10, 1}), "1.3.6.1.4.1.311.10.1");
  EXPECT_EQ(object_of({2, 16, 840, 1, 101, 3, 4, 2, 1}), "2.16.840.1.101.3.4.2.1");
  EXPECT_EQ(object_of({0, 9, 4294967295}), "0.9.4294967295");
  EXPECT_EQ(object_text(bytes_of("")), "?");
  EXPECT_EQ(object_text(bytes_of("\x2b\x86")), "?");
  EXPECT_EQ(object_text(bytes_of("\xff\xff\xff\xff\xff\x7f")), "?");
}

TEST(Der, NumbersAreReadIfTheyAreNotNegativeAndNotTooLarge) {
  EXPECT_EQ(to_unsigned(bytes_of("\x00\xff"s)), 255u);
  EXPECT_EQ(to_unsigned(bytes_of("\x00\xff\xff\xff\xff\xff\xff\xff\xff"s)), ~0ull);
  EXPECT_EQ(to_unsigned(bytes_of("\xff"s)), std::nullopt);
  EXPECT_EQ(to_unsigned(bytes_of("\x01\x00\x00\x00\x00\x00\x00\x00\x00"s)),
            std::nullopt);
  EXPECT_EQ(to_unsigned({}), std::nullopt);
}

std::optional<std::int64_t> time_of(std::uint8_t tag, std::string_view text) {
  return to_time({.tag = tag, .body = bytes_of(text)});
}

// The numbers are what `date -u -d ... +%s` says.
TEST(Der, TimesAreReadInBothForms) {
  EXPECT_EQ(time_of(kUtcTime, "230722113900Z"), 1690025940);
  EXPECT_EQ(time_of(kUtcTime, "500101000000Z"), -631152000);
  EXPECT_EQ(time_of(kGeneralizedTime, "20501231235959Z"), 2556143999);
}

TEST(Der, WhatIsNoTimeIsNone) {
  EXPECT_EQ(time_of(kUtcTime, "230722113900+0100"), std::nullopt);
  EXPECT_EQ(time_of(kUtcTime, "230229000000Z"), std::nullopt);
  EXPECT_EQ(time_of(kUtcTime, "23072211390xZ"), std::nullopt);
  EXPECT_EQ(time_of(kUtcTime, "230722243900Z"), std::nullopt);
  EXPECT_EQ(time_of(kGeneralizedTime, "20501231235959"), std::nullopt);
  EXPECT_EQ(time_of(kOctetString, "230722113900Z"), std::nullopt);
}

}  // namespace
}  // namespace drydock::signature::der
