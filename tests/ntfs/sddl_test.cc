// Security descriptors as text and as bytes; samba, where it is here, is the judge.

#include "ntfs/security/sddl.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/support/run.h"

namespace drydock::security {
namespace {

using ::testing::HasSubstr;

// As Windows Server 2022's "icacls" and PowerShell's Get-Acl show it of a driver.
constexpr std::string_view kDriver =
    "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    "G:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    "D:PAI(A;;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)"
    "(A;;0x1200a9;;;BA)(A;;0x1200a9;;;SY)(A;;0x1200a9;;;BU)(A;;0x1200a9;;;AC)"
    "(A;;0x1200a9;;;S-1-15-2-2)S:AI(AU;SAFA;DCLCRPCRSDWDWO;;;WD)";

const std::vector<std::string> kTexts = {
    std::string(kDriver),
    "O:BAG:SYD:PAI(A;;FA;;;BA)(A;OICIIO;GA;;;CO)(A;OICIIO;SDGXGWGR;;;AU)",
    "O:SYG:SYD:AR(D;NP;FR;;;WD)(A;ID;FX;;;IU)(A;;FW;;;LS)",
    "O:BAG:BAD:(OA;CI;CCDC;bf967aba-0de6-11d0-a285-00aa003049e2;;AO)"
    "(OD;;RP;;bf967aba-0de6-11d0-a285-00aa003049e2;PS)",
    "O:BAG:BAD:NO_ACCESS_CONTROL",
    "O:BAG:BAD:P",
    "D:(A;;;;;WD)",
    "O:S-1-5-21-1-2-3-500G:S-1-5-21-1-2-3-513D:AI(A;;0x1301bf;;;S-1-5-21-1-2-3-500)",
    "O:BAG:BAS:(ML;;NWNR;;;LW)",
    "O:BAG:BAD:(XA;;FA;;;WD;#6172747800010203)(0x15;CI;;;;;#01020304)",
    "O:S-1-0x123456789abc-1G:BA"};

ByteVector bytes_of_text(std::string_view text) {
  auto descriptor = parse_sddl(text);
  EXPECT_TRUE(descriptor) << text << ": " << descriptor.error().describe();
  auto bytes = descriptor ? encode_descriptor(*descriptor) : ByteVector();
  EXPECT_TRUE(bytes) << text;
  return bytes ? *bytes : ByteVector();
}

TEST(Sddl, ReadsBackWhatItWrites) {
  for (const std::string& text : kTexts) {
    auto again = sddl_of(bytes_of_text(text));
    ASSERT_TRUE(again) << text << ": " << again.error().describe();
    EXPECT_EQ(*again, text);
  }
}

// Owner, group and one ACE, byte by byte as [MS-DTYP] 2.4 has them.
TEST(Sddl, IsTheBytesOfTheSpecification) {
  const std::vector<std::uint8_t> expected = {
      1,  0, 0x04, 0x80, 52, 0, 0, 0, 68, 0, 0,  0, 0,    0,    0,    0,
      20, 0, 0,    0,                                                        // header
      2,  0, 32,   0,    1,  0, 0, 0, 0,  0, 24, 0, 0xff, 0x01, 0x1f, 0x00,  // ACL
      1,  2, 0,    0,    0,  0, 0, 5, 32, 0, 0,  0, 32,   2,    0,    0,     // its SID
      1,  2, 0,    0,    0,  0, 0, 5, 32, 0, 0,  0, 32,   2,    0,    0,     // owner
      1,  1, 0,    0,    0,  0, 0, 5, 18, 0, 0,  0};                         // group
  Bytes bytes = std::as_bytes(std::span(expected));
  EXPECT_EQ(bytes_of_text("O:BAG:SYD:(A;;FA;;;BA)"),
            ByteVector(bytes.begin(), bytes.end()));
}

TEST(Sddl, TakesLettersOfEitherCaseAndRightsByName) {
  EXPECT_EQ(*sddl_of(bytes_of_text("o:bag:Syd:pai(a;oici;fa;;;ba)")),
            "O:BAG:SYD:PAI(A;OICI;FA;;;BA)");
  EXPECT_EQ(*sddl_of(bytes_of_text("O:BAG:BAD:(A;;0x1f01ff;;;BA)(A;;0x3;;;BA)")),
            "O:BAG:BAD:(A;;FA;;;BA)(A;;CCDC;;;BA)");
}

TEST(Sddl, SaysWhatItCannotRead) {
  for (const char* text :
       {"x", "O:", "O:XX", "O:DA", "O:S-1", "O:S-1-5-", "Q:BA", "D:(A;;FA;;;BA",
        "D:(A;;FA;;BA)", "D:(A;;QQ;;;BA)", "D:(A;;0xg;;;BA)", "D:(B;;FA;;;BA)",
        "D:X(A;;FA;;;BA)", "D:(OA;;FA;zz;;BA)", "D:(XA;;FA;;;BA;(x))",
        "O:S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", "D:(A;;FA;;;BA)x"}) {
    auto descriptor = parse_sddl(text);
    ASSERT_FALSE(descriptor) << text;
    EXPECT_EQ(descriptor.error().code(), Errc::bad_argument) << text;
  }
}

TEST(Sddl, SurvivesEveryCutAndManyBentDescriptors) {
  std::mt19937 dice(3);
  for (const std::string& text : kTexts) {
    ByteVector bytes = bytes_of_text(text);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      static_cast<void>(sddl_of(Bytes(bytes).first(size)));
    }
    for (int i = 0; i < 500; ++i) {
      ByteVector bent = bytes;
      bent[dice() % bent.size()] = static_cast<std::byte>(dice());
      auto shown = sddl_of(bent);
      if (!shown) continue;
      auto again = parse_sddl(*shown);
      EXPECT_TRUE(again) << *shown << ": " << again.error().describe();
    }
  }
}

// Samba of Debian 12 has an old idea of FA, FR, FW and FX: the numbers are meant.
std::string with_numbers(std::string text) {
  for (auto [word, number] : {std::pair(";FA;", ";0x1f01ff;"),
                              {";FR;", ";0x120089;"},
                              {";FW;", ";0x120116;"},
                              {";FX;", ";0x1200a0;"}}) {
    for (std::size_t at; (at = text.find(word)) != std::string::npos;) {
      text.replace(at, 4, number);
    }
  }
  return text;
}

TEST(Sddl, MeansToSambaWhatItMeansToUs) {
  constexpr std::string_view kScript =
      "import sys\n"
      "from samba.dcerpc import security as s\n"
      "from samba.ndr import ndr_pack, ndr_unpack\n"
      "none = s.dom_sid('S-1-5-21-9-9-9')\n"
      "theirs = s.descriptor.from_sddl(sys.argv[1], none)\n"
      "ours = ndr_unpack(s.descriptor, bytes.fromhex(sys.argv[2]))\n"
      "print(theirs.as_sddl(none) == ours.as_sddl(none))\n"
      "print(ndr_pack(theirs).hex())\n";
  if (run({"/usr/bin/python3", "-c", "import samba"}).exit_code != 0) {
    GTEST_SKIP() << "no samba for Python here";
  }
  for (std::size_t i : {0u, 1u, 2u, 3u, 6u, 7u}) {
    ByteVector bytes = bytes_of_text(kTexts[i]);
    std::string hex;
    for (std::byte byte : bytes) hex += fmt::format("{:02x}", unsigned(byte));
    RunResult result = run(
        {"/usr/bin/python3", "-c", std::string(kScript), with_numbers(kTexts[i]), hex});
    EXPECT_THAT(result.out, HasSubstr("True\n")) << kTexts[i] << result.err;
    // What samba lays out, in another order, says the same to us.
    std::string theirs = result.out.substr(std::min<std::size_t>(5, result.out.size()));
    ByteVector packed;
    for (std::size_t at = 0; at + 1 < theirs.size(); at += 2) {
      packed.push_back(
          static_cast<std::byte>(std::stoi(theirs.substr(at, 2), nullptr, 16)));
    }
    auto shown = sddl_of(packed);
    ASSERT_TRUE(shown) << shown.error().describe();
    EXPECT_EQ(*shown, kTexts[i]);
  }
}

TEST(Sid, IsFoundByItsAccountToo) {
  EXPECT_EQ(*parse_sid("NT SERVICE\\TrustedInstaller"), trusted_installer());
  EXPECT_EQ(account_of(trusted_installer()), "NT SERVICE\\TrustedInstaller");
  EXPECT_EQ(to_string(*parse_sid("ba")), "S-1-5-32-544");
  EXPECT_EQ(account_of(*parse_sid("S-1-5-21-1-2-3-500")), "");
}

TEST(Descriptor, WithoutAnOwnerIsNotSet) {
  EXPECT_FALSE(check_descriptor(bytes_of_text("D:(A;;FA;;;BA)")));
  EXPECT_TRUE(check_descriptor(bytes_of_text(kDriver)));
  EXPECT_EQ(check_descriptor({}).error().code(), Errc::bad_argument);
}

}  // namespace
}  // namespace drydock::security
