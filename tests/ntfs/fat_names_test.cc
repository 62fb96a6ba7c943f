#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ntfs/fat/names.h"
#include "ntfs/fat/time.h"
#include "vhd/base/utf16.h"

namespace drydock::fat {
namespace {

ShortName short_name(std::string_view text) {
  ShortName name;
  std::copy_n(text.begin(), name.size(), name.begin());
  return name;
}

std::string text(const ShortName& name) { return {name.begin(), name.end()}; }

std::string alias(std::u16string_view name, const std::set<std::string>& taken = {}) {
  auto made = make_alias(name, [&](const ShortName& candidate) {
    return taken.contains(text(candidate));
  });
  return made ? text(*made) : made.error().words();
}

std::string plain(std::u16string_view name) {
  auto made = plain_short_name(name);
  return made ? text(*made) : "needs a long name";
}

TEST(FatShortName, IsReadWithItsCase) {
  ShortName name = short_name("BOOTX64 EFI");
  EXPECT_EQ(decode(name, 0), u"BOOTX64.EFI");
  EXPECT_EQ(decode(name, kLowerBase), u"bootx64.EFI");
  EXPECT_EQ(decode(name, kLowerExtension), u"BOOTX64.efi");
  EXPECT_EQ(decode(name, kLowerBase | kLowerExtension), u"bootx64.efi");
  EXPECT_EQ(decode(short_name("BCD        "), 0), u"BCD");
}

TEST(FatShortName, IsReadInCodePage437) {
  EXPECT_EQ(decode(short_name("\x9A"
                              "BER       "),
                   0),
            u"ÜBER");
  EXPECT_EQ(decode(short_name("\x05"
                              "X         "),
                   0),
            u"σX");
}

TEST(FatShortName, NeverHoldsWhatCutsAPath) {
  EXPECT_EQ(decode(short_name("A/B\\C   \x01  "), 0), u"A_B_C._");
}

TEST(FatShortName, HasTheChecksumThatThePaperGives) {
  // Seen in a directory that Windows wrote: "1234567890.txt" as 123456~1.TXT.
  EXPECT_EQ(checksum(short_name("123456~1TXT")), 0x2A);
  EXPECT_EQ(checksum(short_name("123456~2TXT")), 0x0A);
}

TEST(FatShortName, StandsAloneForPlainUpperCaseNames) {
  EXPECT_EQ(plain(u"BCD"), "BCD        ");
  EXPECT_EQ(plain(u"BCD.LOG1"), "needs a long name");
  EXPECT_EQ(plain(u"BOOT.SDI"), "BOOT    SDI");
  EXPECT_EQ(plain(u"Boot.sdi"), "needs a long name");
  EXPECT_EQ(plain(u"LONGERTHAN8"), "needs a long name");
  EXPECT_EQ(plain(u"A.B.C"), "needs a long name");
  EXPECT_EQ(plain(u".A"), "needs a long name");
  EXPECT_EQ(plain(u"A+B"), "needs a long name");
  EXPECT_EQ(plain(u"Ü"), "needs a long name");
}

TEST(FatAlias, KeepsWhatFits) {
  EXPECT_EQ(alias(u"Boot.sdi"), "BOOT    SDI");
  EXPECT_EQ(alias(u"bootmgfw.efi"), "BOOTMGFWEFI");
}

TEST(FatAlias, IsCutAndNumbered) {
  EXPECT_EQ(alias(u"bootmgfw-old.efi"), "BOOTMG~1EFI");
  EXPECT_EQ(alias(u"BCD.LOG1"), "BCD~1   LOG");
  EXPECT_EQ(alias(u"a b.txt"), "AB~1    TXT");
  EXPECT_EQ(alias(u".hidden.file.text"), "HIDDEN~1TEX");
  EXPECT_EQ(alias(u"größe+1.txt"), "GR__E_~1TXT");
  EXPECT_EQ(alias(u"文件.txt"), "__~1    TXT");
}

TEST(FatAlias, TakesTheFirstNumberThatIsFree) {
  EXPECT_EQ(alias(u"Boot.sdi", {"BOOT    SDI"}), "BOOT~1  SDI");
  EXPECT_EQ(alias(u"long name.txt", {"LONGNA~1TXT", "LONGNA~2TXT"}), "LONGNA~3TXT");
  std::set<std::string> taken;
  for (int i = 1; i < 10; ++i) taken.insert("LONGNA~" + std::to_string(i) + "TXT");
  EXPECT_EQ(alias(u"long name.txt", taken), "LONGN~10TXT");
}

TEST(FatName, MatchesWithoutRegardToCase) {
  EXPECT_TRUE(same_name(u"BootX64.EFI", u"bootx64.efi"));
  EXPECT_TRUE(same_name(u"größe", u"GRÖßE"));
  EXPECT_TRUE(same_name(u"žluťoučký", u"ŽLUŤOUČKÝ"));
  EXPECT_TRUE(same_name(u"Ελλάδα", u"ελλάδα"));
  EXPECT_TRUE(same_name(u"Ёлка", u"ёЛКА"));
  EXPECT_FALSE(same_name(u"a", u"b"));
  EXPECT_FALSE(same_name(u"a", u"aa"));
  EXPECT_FALSE(same_name(u"÷", u"×"));
}

TEST(FatName, IsRefusedWhereWindowsWould) {
  for (std::u16string_view name :
       {u"", u".", u"..", u"a/b", u"a\\b", u"a:b", u"a*", u"a?", u"\"", u"<", u">",
        u"a|b", u"a\u0001", u"a ", u"a.", u"CON", u"nul.txt", u"Com1", u"lpt9.log"}) {
    EXPECT_FALSE(check_name(name)) << to_utf8(name);
  }
  EXPECT_FALSE(check_name(std::u16string(256, u'x')));
}

TEST(FatName, IsTakenWhereWindowsWould) {
  for (std::u16string_view name :
       {u"a", u".a", u"a b", u"a..b", u"com", u"COM10", u"con1", u"nul-1", u"größe",
        u"文件", u"a+b,c;d=[e]"}) {
    EXPECT_TRUE(check_name(name)) << to_utf8(name);
  }
  EXPECT_TRUE(check_name(std::u16string(255, u'x')));
}

TEST(FatTime, GoesToFatAndBack) {
  Stamp stamp = to_stamp(133'594'528'915'000'000);  // 2024-05-06 07:08:11.5
  EXPECT_EQ(stamp.date, 44 << 9 | 5 << 5 | 6);
  EXPECT_EQ(stamp.time, 7 << 11 | 8 << 5 | 5);
  EXPECT_EQ(stamp.tenths, 150);
  EXPECT_EQ(to_file_time(stamp), 133'594'528'915'000'000u);
  EXPECT_EQ(to_string_utc(to_file_time({stamp.date, stamp.time, 0})),
            "2024-05-06T07:08:10Z");
}

TEST(FatTime, StopsWhereFatDoes) {
  EXPECT_EQ(to_string_utc(to_file_time(to_stamp(0))), "1980-01-01T00:00:00Z");
  EXPECT_EQ(to_string_utc(to_file_time(to_stamp(~0ull))), "2107-12-31T23:59:59Z");
}

TEST(FatTime, IsNotKeptWhereItIsNoTime) {
  EXPECT_EQ(to_file_time({0, 0, 0}), 0u);
  EXPECT_EQ(to_file_time({2 << 5 | 30, 0, 0}), 0u);
  EXPECT_EQ(to_file_time({1 << 5 | 1, 24 << 11, 0}), 0u);
  EXPECT_EQ(to_file_time({1 << 5 | 1, 31, 0}), 0u);
}

}  // namespace
}  // namespace drydock::fat
