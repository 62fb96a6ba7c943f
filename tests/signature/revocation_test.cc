#include "repair/signature/revocation.h"

#include <gmock/gmock.h>

#include "tests/support/policy_builder.h"
#include "tests/support/signed_message.h"

namespace drydock::signature {
namespace {

using built::BuiltPolicy;
using testing::HasSubstr;

constexpr FileVersion kVersion2 = FileVersion{2} << 48;
constexpr FileVersion kEveryVersion = ~FileVersion{0};

Policy read(const std::string& bytes) {
  auto policy = read_policy(bytes_of(bytes));
  EXPECT_TRUE(policy) << policy.error().describe();
  return policy ? std::move(*policy) : Policy();
}

std::string error_of(const std::string& bytes) {
  auto policy = read_policy(bytes_of(bytes));
  return policy ? "none" : policy.error().describe();
}

BuiltPolicy one_file(const built::BuiltFileRule& file) {
  return {.files = {file}, .used_files = {0}};
}

Refusal refusal_of(const BuiltPolicy& built, const Candidate& driver) {
  return judge_refusal(read(built::policy(built)), driver).refusal;
}

Candidate named(const std::string& name, std::optional<FileVersion> version = {}) {
  return {.original_name = name, .version = version};
}

TEST(Policies, AreReadWithAllTheirParts) {
  BuiltPolicy built = one_file({.name = "bad.sys",
                                .version = 1,
                                .version_maximum = kVersion2,
                                .internal_name = "inner"});
  built.usages = {built::code_signing(), built::whql()};
  built.signers = {{.tbs_hash = std::string(32, 't'),
                    .usages = {1},
                    .publisher = "Bad, Inc.",
                    .files = {0}}};
  built.denied = {{.signer = 0, .exceptions = {0}}};
  Policy policy = read(built::policy(built));
  EXPECT_EQ(policy.format, 7u);
  EXPECT_EQ(policy.version, 0x000a000000000003u);
  ASSERT_EQ(policy.file_rules.size(), 1u);
  EXPECT_EQ(policy.file_rules[0].file_name, "bad.sys");
  EXPECT_EQ(policy.file_rules[0].internal_name, "inner");
  EXPECT_EQ(policy.file_rules[0].version_maximum, kVersion2);
  ASSERT_EQ(policy.signers.size(), 1u);
  EXPECT_EQ(as_text(policy.signers[0].tbs_hash), std::string(32, 't'));
  EXPECT_THAT(policy.signers[0].usages, testing::ElementsAre(usage::kWhql));
  EXPECT_EQ(policy.signers[0].publisher, "Bad, Inc.");
  ASSERT_EQ(policy.scenarios.size(), 1u);
  EXPECT_THAT(policy.scenarios[0].denied.at(0).exceptions, testing::ElementsAre(0));
}

TEST(Policies, InAMessageAreReadAsBareOnes) {
  std::string bare = built::policy(one_file({.name = "bad.sys"}));
  std::string signed_policy =
      signed_message(built::make_identity({.name = "Ann"}),
                     {.content_kind = built::object({1, 3, 6, 1, 4, 1, 311, 79, 1}),
                      .content = built::octets(bare)});
  EXPECT_EQ(read(signed_policy).file_rules.at(0).file_name, "bad.sys");
}

TEST(Policies, EveryCutIsRefusedUpToTheLastPart) {
  std::string sound = built::policy(one_file({.name = "bad.sys"}));
  std::size_t refused = 0;
  for (std::size_t size = 0; size + 4 < sound.size(); ++size) {
    refused += read_policy(bytes_of(sound).first(size)) ? 0 : 1;
  }
  EXPECT_EQ(refused, sound.size() - 4);
}

TEST(Policies, NumbersThatPointNowhereAreCorrupt) {
  BuiltPolicy built = one_file({.name = "bad.sys"});
  built.used_files = {1};
  EXPECT_THAT(error_of(built::policy(built)), HasSubstr("entry 1 of 1"));
  built.used_files = {0};
  built.denied = {{.signer = 3}};
  EXPECT_EQ(error_of(built::policy(built)), "signer 3 of 0");
}

TEST(Policies, ANewerFormatIsUnsupported) {
  BuiltPolicy built = one_file({.name = "bad.sys"});
  built.format = 9;
  EXPECT_EQ(error_of(built::policy(built)),
            "a policy of format 9, where 8 is the newest that was seen");
  EXPECT_THAT(error_of(std::string(100, 'x')), HasSubstr("which isn't a policy's"));
}

TEST(Refusals, AreByHash) {
  std::string hash(32, 'h');
  BuiltPolicy built = one_file({.hash = hash});
  Candidate bad{.digests = {*Digest::of(Algorithm::sha256, bytes_of(hash))}};
  Candidate good{
      .digests = {*Digest::of(Algorithm::sha256, bytes_of(std::string(32, 'g')))}};
  EXPECT_EQ(refusal_of(built, bad), Refusal::refused);
  EXPECT_EQ(refusal_of(built, good), Refusal::not_refused);
  EXPECT_EQ(judge_refusal(read(built::policy(built)), bad).reason,
            "this Windows' policy refuses its hash");
}

TEST(Refusals, AreByNameInAnyCase) {
  BuiltPolicy built = one_file({.name = "Bad.sys", .version = kEveryVersion});
  EXPECT_EQ(refusal_of(built, named("bad.SYS")), Refusal::refused);
  EXPECT_EQ(refusal_of(built, named("good.sys")), Refusal::not_refused);
  EXPECT_EQ(refusal_of(built, named("")), Refusal::not_refused);
}

TEST(Refusals, AreUpToAVersion) {
  BuiltPolicy built = one_file({.name = "bad.sys", .version_maximum = kVersion2});
  EXPECT_EQ(refusal_of(built, named("bad.sys", kVersion2)), Refusal::refused);
  EXPECT_EQ(refusal_of(built, named("bad.sys", kVersion2 + 1)), Refusal::not_refused);
  EXPECT_EQ(refusal_of(built, named("bad.sys")), Refusal::could_not_tell);
}

TEST(Refusals, OfOldRulesAreBelowAVersion) {
  BuiltPolicy built = one_file({.name = "bad.sys", .version = kVersion2});
  EXPECT_EQ(refusal_of(built, named("bad.sys", kVersion2 - 1)), Refusal::refused);
  EXPECT_EQ(refusal_of(built, named("bad.sys", kVersion2)), Refusal::could_not_tell);
  EXPECT_EQ(refusal_of(built, named("bad.sys", kVersion2 + 1)), Refusal::not_refused);
}

TEST(Refusals, ByOneNameOfTwoAreNotTold) {
  BuiltPolicy built =
      one_file({.name = "bad.sys", .version = kEveryVersion, .internal_name = "inner"});
  EXPECT_EQ(refusal_of(built, named("bad.sys")), Refusal::could_not_tell);
  Candidate both = named("bad.sys");
  both.internal_name = "Inner";
  EXPECT_EQ(refusal_of(built, both), Refusal::refused);
}

TEST(Refusals, OfProgramsOrInAuditModeOrUnusedRulesAreNone) {
  BuiltPolicy built = one_file({.name = "bad.sys", .version = kEveryVersion});
  ASSERT_EQ(refusal_of(built, named("bad.sys")), Refusal::refused);
  built.scenario = 12;
  EXPECT_EQ(refusal_of(built, named("bad.sys")), Refusal::not_refused);
  built.scenario = 131;
  built.options |= 0x10000;
  EXPECT_EQ(refusal_of(built, named("bad.sys")), Refusal::not_refused);
  built.options = 0x80000000;
  built.used_files = {};
  EXPECT_EQ(refusal_of(built, named("bad.sys")), Refusal::not_refused);
}

// A driver of Ann's, whose CA a policy names.
struct Signed {
  built::Identity ca = built::make_identity({.name = "CA", .is_ca = true});
  built::Identity ann =
      built::make_identity({.name = "Ann", .usages = {built::code_signing()}}, &ca);
  Candidate driver = named("ann.sys", kVersion2);
  BuiltPolicy policy;

  Signed() {
    for (const built::Identity* each : {&ann, &ca}) {
      driver.chain.push_back(*read_certificate(bytes_of(each->certificate)));
    }
    Digest tbs = tbs_digest(driver.chain[1], Algorithm::sha256);
    policy.signers = {{.tbs_hash = std::string(as_text(tbs.bytes()))}};
    policy.denied = {{.signer = 0}};
  }
};

TEST(Refusals, AreByTheSignersCertificate) {
  Signed of_ann;
  EXPECT_EQ(refusal_of(of_ann.policy, of_ann.driver), Refusal::refused);
  of_ann.policy.signers[0].publisher = "Ann";
  EXPECT_EQ(refusal_of(of_ann.policy, of_ann.driver), Refusal::refused);
  of_ann.policy.signers[0].publisher = "Bob";
  EXPECT_EQ(refusal_of(of_ann.policy, of_ann.driver), Refusal::not_refused);
  EXPECT_EQ(refusal_of(of_ann.policy, named("ann.sys")), Refusal::not_refused);
}

TEST(Refusals, BySignerAreForTheFilesThatItNames) {
  Signed of_ann;
  of_ann.policy.files = {{.kind = 2, .name = "ann.sys", .version_maximum = kVersion2}};
  of_ann.policy.signers[0].files = {0};
  EXPECT_EQ(refusal_of(of_ann.policy, of_ann.driver), Refusal::refused);
  of_ann.driver.version = kVersion2 + 1;
  EXPECT_EQ(refusal_of(of_ann.policy, of_ann.driver), Refusal::not_refused);
  of_ann.driver.original_name = "other.sys";
  EXPECT_EQ(refusal_of(of_ann.policy, of_ann.driver), Refusal::not_refused);
}

TEST(Refusals, BySignerHaveExceptions) {
  Signed of_ann;
  of_ann.policy.files = {{.kind = 1, .name = "ann.sys"}};
  of_ann.policy.denied[0].exceptions = {0};
  EXPECT_EQ(refusal_of(of_ann.policy, of_ann.driver), Refusal::not_refused);
  of_ann.driver.original_name = "other.sys";
  EXPECT_EQ(refusal_of(of_ann.policy, of_ann.driver), Refusal::refused);
}

}  // namespace
}  // namespace drydock::signature
