#include <gtest/gtest.h>

#include "vhd/base/bytes.h"
#include "vhd/base/checked.h"
#include "vhd/base/crc.h"
#include "vhd/base/endian.h"
#include "vhd/base/guid.h"
#include "vhd/base/result.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock {
namespace {

TEST(Result, NamesThePlacesThatAFailurePassedThrough) {
  auto inner = []() -> Result<int> {
    return Error(Errc::corrupt, "size is 0").in("cell 0x20");
  };
  auto outer = [&]() -> Result<int> { return TRY(inner().in("hive SYSTEM")) + 1; };
  auto result = outer();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().describe(), "size is 0 (cell 0x20, hive SYSTEM)");
  EXPECT_EQ(result.error().code(), Errc::corrupt);
}

// The check value that both CRC catalogues give for "123456789".
TEST(Crc, AgreesWithThePublishedCheckValues) {
  EXPECT_EQ(crc32(bytes_of("123456789")), 0xCBF43926u);
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xE3069283u);
}

TEST(Crc, GoesOnFromASeed) {
  EXPECT_EQ(crc32c(bytes_of("6789"), crc32c(bytes_of("12345"))), 0xE3069283u);
}

TEST(Endian, KeepsBytesInTheirOrder) {
  le32 little = 0x01020304;
  be32 big = 0x01020304;
  EXPECT_EQ(as_text(bytes_of(little)), "\x04\x03\x02\x01");
  EXPECT_EQ(as_text(bytes_of(big)), "\x01\x02\x03\x04");
  EXPECT_EQ(little, big);
}

TEST(Guid, ReadsAndPrintsMixedEndianBytes) {
  Guid guid = "9dea862c-5cdd-4e70-acc1-f32b344d4795"_guid;
  EXPECT_EQ(guid.bytes[0], std::byte{0x2c});
  EXPECT_EQ(guid.bytes[8], std::byte{0xac});
  EXPECT_EQ(to_string(guid), "{9dea862c-5cdd-4e70-acc1-f32b344d4795}");
  EXPECT_EQ(parse_guid("9DEA862C-5CDD-4E70-ACC1-F32B344D4795"), guid);
}

TEST(Guid, RefusesWhatIsNotOne) {
  EXPECT_FALSE(parse_guid("{9dea862c-5cdd-4e70-acc1-f32b344d479}"));
  EXPECT_FALSE(parse_guid("9dea862c05cdd-4e70-acc1-f32b344d4795"));
  EXPECT_FALSE(parse_guid("9dea862g-5cdd-4e70-acc1-f32b344d4795"));
  EXPECT_FALSE(parse_guid(""));
}

TEST(Checked, FindsOverflow) {
  EXPECT_FALSE(checked::add(~0ull, 1));
  EXPECT_FALSE(checked::mul(1ull << 63, 2));
  EXPECT_FALSE(checked::align_up(~0ull, 4096));
  EXPECT_EQ(checked::align_up(4097, 4096), 8192u);
  EXPECT_FALSE(checked::within(~0ull, 2, 100));
}

TEST(Utf16, CarriesUnpairedSurrogatesBothWays) {
  std::u16string odd{u'a', 0xD800, u'b', 0xDE00};
  std::string utf8 = to_utf8(odd);
  EXPECT_EQ(utf8,
            "a\xED\xA0\x80"
            "b\xED\xB8\x80");
  EXPECT_EQ(to_utf16(utf8), odd);
}

TEST(Utf16, PairsSurrogatesIntoOneLetter) {
  EXPECT_EQ(to_utf8(u"\U0001F600"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(to_utf16("\xF0\x9F\x98\x80"), u"\U0001F600");
}

// A letter beyond ASCII at each place of names of each length, and at none.
TEST(Utf16, OfADiskIsTheSameUtf8ByTheShortWayAndTheLong) {
  for (std::size_t size = 0; size < 20; ++size) {
    for (std::size_t place = 0; place <= size; ++place) {
      std::u16string name = std::u16string(u"abcdefghijklmnopqrst").substr(0, size);
      if (place < size) name[place] = place % 2 == 0 ? u'\u0080' : u'\u4100';
      EXPECT_EQ(utf8_from_utf16le(utf16le_bytes(name)), to_utf8(name));
    }
  }
}

TEST(Utf16, RefusesBrokenUtf8) {
  EXPECT_FALSE(to_utf16("\xC0\x80"));          // overlong
  EXPECT_FALSE(to_utf16("\x80"));              // a tail without a head
  EXPECT_FALSE(to_utf16("\xE2\x82"));          // cut short
  EXPECT_FALSE(to_utf16("\xF4\x90\x80\x80"));  // past U+10FFFF
}

TEST(Bytes, KnowZerosFromTheRest) {
  ByteVector bytes(4097);
  EXPECT_TRUE(is_zero(bytes));
  bytes.back() = std::byte{1};
  EXPECT_FALSE(is_zero(bytes));
  EXPECT_TRUE(is_zero({}));
}

TEST(Bytes, LoadAndStoreStayInRange) {
  ByteVector bytes(4);
  EXPECT_TRUE(store(bytes, 0, le32(7)));
  EXPECT_FALSE(store(bytes, 1, le32(7)));
  EXPECT_EQ(load<le32>(bytes), 7u);
  EXPECT_FALSE(load<le32>(bytes, 1));
}

}  // namespace
}  // namespace drydock
