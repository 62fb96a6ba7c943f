#include "repair/signature/catalog.h"

#include <gmock/gmock.h>

#include "tests/support/der_builder.h"

namespace drydock::signature {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kHash(32, 'h');

std::string error_of(std::string_view bytes) {
  auto catalog = Catalog::parse(bytes_of(bytes));
  return catalog ? "none" : catalog.error().describe();
}

Errc code_of(std::string_view bytes) {
  return Catalog::parse(bytes_of(bytes)).error().code();
}

std::vector<std::string> hex_of(const Member& member) {
  std::vector<std::string> hex;
  for (const Digest& digest : member.digests) hex.push_back(digest.hex());
  return hex;
}

Member only_member(const std::string& member, std::uint32_t version = 3) {
  std::string bytes = built::catalog({.members = member, .version = version});
  auto catalog = Catalog::parse(bytes_of(bytes));
  EXPECT_TRUE(catalog) << catalog.error().describe();
  EXPECT_EQ(catalog->members().size(), 1u);
  return catalog->members().at(0);
}

TEST(Catalog, WhatItSaysOfTheWholeIsRead) {
  std::string bytes = built::catalog(
      {.members = built::pe_member(kHash),
       .extensions = built::sequence(built::microsoft(12, 2, 1) +
                                     built::octets(built::name_value("OS", "_v100")))});
  auto catalog = Catalog::parse(bytes_of(bytes));
  ASSERT_TRUE(catalog) << catalog.error().describe();
  EXPECT_EQ(as_text(catalog->identifier()), "0123456789abcdef");
  EXPECT_EQ(catalog->time(), 1690025940);
  EXPECT_THAT(catalog->usage(), ElementsAre("1.3.6.1.4.1.311.12.1.1"));
  EXPECT_EQ(catalog->member_algorithm(), "1.3.6.1.4.1.311.12.1.3");
  ASSERT_EQ(catalog->attributes().size(), 1u);
  EXPECT_EQ(catalog->attributes()[0].name, "OS");
  EXPECT_EQ(catalog->attributes()[0].value, "_v100");
  EXPECT_EQ(catalog->attributes()[0].flags, 0x10010001u);
}

TEST(Catalog, AMemberHasItsDigestItsKindAndItsAttributes) {
  Member member = only_member(built::pe_member(kHash));
  ASSERT_EQ(member.digests.size(), 1u);
  EXPECT_EQ(member.digests[0].algorithm, Algorithm::sha256);
  EXPECT_EQ(as_text(member.digests[0].bytes()), kHash);
  EXPECT_EQ(member.hashed, Hashed::pe_image);
  EXPECT_EQ(member.attribute("file"), "a.sys");
  EXPECT_EQ(member.attribute("OSAttr"), std::nullopt);
}

TEST(Catalog, ATagOfHexDigitsIsADigest) {
  std::string digits = "0EB0437FC77CDABF1B479D3E39E0FC1F4E3D0897";
  std::string with_zero = built::utf16(digits) + std::string(2, '\0');
  auto expected = ElementsAre("0eb0437fc77cdabf1b479d3e39e0fc1f4e3d0897");
  EXPECT_THAT(hex_of(only_member(built::member(with_zero, ""), 2)), expected);
  EXPECT_THAT(hex_of(only_member(built::member(built::utf16(digits), ""), 2)),
              expected);
}

TEST(Catalog, ATagOfOtherTextIsNoDigest) {
  EXPECT_THAT(hex_of(only_member(built::member(built::utf16("readme.txt"), ""))),
              ElementsAre());
  EXPECT_THAT(hex_of(only_member(built::member("", ""))), ElementsAre());
}

TEST(Catalog, ATagWithoutAttributesIsADigestOfWhoKnowsWhat) {
  Member member = only_member(built::sequence(built::octets(std::string(20, 't'))));
  EXPECT_EQ(member.digests.at(0).algorithm, Algorithm::sha1);
  EXPECT_EQ(member.hashed, Hashed::unknown);
}

TEST(Catalog, AnotherDigestThanTheTagsCountsToo) {
  std::string data = built::indirect_data(built::flat_file(), built::sha1_algorithm(),
                                          std::string(20, 'd'));
  Member member = only_member(
      built::member(kHash, built::attribute(built::microsoft(2, 1, 4), data)));
  ASSERT_EQ(member.digests.size(), 2u);
  EXPECT_EQ(member.digests[0].algorithm, Algorithm::sha256);
  EXPECT_EQ(member.digests[1].algorithm, Algorithm::sha1);
  EXPECT_EQ(member.hashed, Hashed::flat);
}

TEST(Catalog, TheMemberInfoSaysWhatWasHashedWhereNothingElseDoes) {
  auto with = [](std::uint8_t tag) {
    return only_member(built::member(kHash, built::attribute(built::microsoft(12, 2, 3),
                                                             built::element(tag, ""))))
        .hashed;
  };
  EXPECT_EQ(with(0x80), Hashed::pe_image);
  EXPECT_EQ(with(0x82), Hashed::flat);
  EXPECT_EQ(with(0x81), Hashed::unknown);
}

TEST(Catalog, TheOlderMemberInfoNamesWhoHashed) {
  Member member = only_member(built::member(
      kHash, built::member_info("{C689AAB8-8E78-11D0-8C47-00C04FC295EE}")));
  EXPECT_EQ(to_string(*member.subject_kind), "{c689aab8-8e78-11d0-8c47-00c04fc295ee}");
}

TEST(Catalog, PageHashesAreKept) {
  std::string table = built::sequence(built::microsoft(2, 3, 2) +
                                      built::set(built::octets("offsets and hashes")));
  std::string kind = "\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd6";
  std::string what = built::microsoft(2, 1, 15) +
                     built::sequence(built::context(
                         0, built::context(1, built::octets(kind) +
                                                  built::octets(built::set(table)))));
  std::string data = built::indirect_data(what, built::sha256_algorithm(), kHash);
  Member member = only_member(
      built::member(kHash, built::attribute(built::microsoft(2, 1, 4), data)));
  EXPECT_EQ(as_text(member.page_hashes), "offsets and hashes");
  EXPECT_EQ(member.page_algorithm, Algorithm::sha256);
}

TEST(Catalog, ADigestOfAnUnknownAlgorithmIsPassedOver) {
  std::string data = built::indirect_data(
      built::pe_image(), built::sequence(built::object({1, 2, 3})), "short");
  Member member = only_member(
      built::member("tag", built::attribute(built::microsoft(2, 1, 4), data)));
  EXPECT_TRUE(member.digests.empty());
}

TEST(Catalog, ADigestOfTheWrongSizeIsCorrupt) {
  std::string data =
      built::indirect_data(built::pe_image(), built::sha256_algorithm(), "short");
  std::string bytes =
      built::catalog({.members = built::member(
                          "tag", built::attribute(built::microsoft(2, 1, 4), data))});
  EXPECT_THAT(error_of(bytes), HasSubstr("a digest of 5 bytes, where sha256 has 32"));
}

TEST(Catalog, EmptyZeroedTruncatedAndForeignFilesAreToldApart) {
  std::string sound = built::catalog({.members = built::pe_member(kHash)});
  EXPECT_EQ(error_of(""), "it is empty");
  EXPECT_EQ(error_of(std::string(4096, '\0')), "it begins with nothing but zeros");
  EXPECT_EQ(error_of("MZ"), "it begins with 0x4d, which no PKCS#7 message does");
  EXPECT_THAT(
      error_of(sound.substr(0, sound.size() - 1)),
      HasSubstr("bytes where " + std::to_string(sound.size() - 5) + " are left"));
  EXPECT_EQ(code_of(""), Errc::corrupt);
  EXPECT_EQ(code_of(sound.substr(0, sound.size() - 1)), Errc::corrupt);
}

TEST(Catalog, AMessageOfSomethingElseIsUnsupported) {
  std::string data = built::message(built::object({1, 2, 840, 113549, 1, 7, 1}), "");
  EXPECT_EQ(error_of(data),
            "what it signs is of the kind 1.2.840.113549.1.7.1, not a trust list");
  EXPECT_EQ(code_of(data), Errc::unsupported);
  EXPECT_EQ(code_of(built::sequence(built::object({1, 2, 840, 113549, 1, 7, 3}))),
            Errc::unsupported);
}

TEST(Catalog, EveryCutOfItIsRefused) {
  std::string sound = built::catalog({.members = built::pe_member(kHash)});
  std::size_t refused = 0;
  for (std::size_t size = 0; size < sound.size(); ++size) {
    refused += Catalog::parse(bytes_of(sound).first(size)) ? 0 : 1;
  }
  EXPECT_EQ(refused, sound.size());
}

TEST(CatalogDigests, AreThoseOfTheMembersInTheirOrder) {
  std::string bytes = built::catalog(
      {.members = built::pe_member(kHash) + built::pe_member(std::string(32, 'i'))});
  std::vector<std::size_t> members;
  auto done = for_each_member_digest(bytes_of(bytes), [&](const MemberDigest& found) {
    members.push_back(found.member);
    EXPECT_EQ(found.hashed, Hashed::pe_image);
    EXPECT_EQ(as_text(found.digest.bytes()),
              found.member == 0 ? kHash : std::string(32, 'i'));
    return true;
  });
  EXPECT_TRUE(done);
  EXPECT_THAT(members, ElementsAre(0, 1));
}

TEST(CatalogDigests, EndWhereTheVisitorSaysSo) {
  std::string bytes = built::catalog(
      {.members = built::pe_member(kHash) + built::pe_member(std::string(32, 'i'))});
  int count = 0;
  auto done = for_each_member_digest(bytes_of(bytes), [&](const MemberDigest&) {
    ++count;
    return false;
  });
  EXPECT_TRUE(done);
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace drydock::signature
