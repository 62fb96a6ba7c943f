#include "repair/signature/signed_data.h"

#include <gmock/gmock.h>

#include "tests/support/signed_message.h"

namespace drydock::signature {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

const std::string kHash(32, 'h');

built::Identity somebody(const std::string& name) {
  return built::make_identity({.name = name, .usages = {built::code_signing()}});
}

built::MessageWishes of_file() {
  return {.content_kind = built::microsoft(2, 1, 4),
          .content = built::indirect_data(built::pe_image(), built::sha256_algorithm(),
                                          kHash)};
}

SignedData read(const std::string& message) {
  auto data = read_signed_data(bytes_of(message));
  EXPECT_TRUE(data) << data.error().describe();
  return data ? std::move(*data) : SignedData();
}

TEST(SignedData, SaysWhatIsSignedAndByWhom) {
  SignedData data = read(signed_message(somebody("Ann"), of_file()));
  EXPECT_EQ(data.content, SignedData::Content::file);
  ASSERT_TRUE(data.file);
  EXPECT_EQ(as_text(data.file->digest.bytes()), kHash);
  EXPECT_EQ(data.file->hashed, Hashed::pe_image);
  ASSERT_THAT(data.signers, SizeIs(1));
  EXPECT_EQ(data.signers[0].check.proof, Proof::holds) << data.signers[0].check.reason;
  const CertificateFacts& ann = data.certificates.at(*data.signers[0].certificate);
  EXPECT_EQ(ann.name, "Ann");
  EXPECT_EQ(ann.subject, "CN=Ann");
  EXPECT_EQ(ann.key, "EC");
  EXPECT_EQ(ann.key_bits, 256);
  EXPECT_TRUE(ann.has_usage(usage::kCodeSigning));
  EXPECT_EQ(ann.not_before, 1577836800);
}

TEST(SignedData, ACacheChangesNothing) {
  built::Identity ann = somebody("Ann");
  std::string message = signed_message(ann, of_file());
  CertificateCache cache;
  for (int i = 0; i < 2; ++i) {
    auto data = read_signed_data(bytes_of(message), &cache);
    ASSERT_TRUE(data);
    EXPECT_EQ(data->signers.at(0).check.proof, Proof::holds);
    EXPECT_EQ(as_text(data->certificates.at(0).der), ann.certificate);
  }
  // One more of the same name, by another key, isn't taken for the first.
  auto other =
      read_signed_data(bytes_of(signed_message(somebody("Ann"), of_file())), &cache);
  EXPECT_EQ(other->signers.at(0).check.proof, Proof::holds);
}

TEST(SignedData, ACatalogIsATrustList) {
  std::string list = built::list({.members = built::pe_member(kHash)});
  SignedData data = read(signed_message(
      somebody("Ann"), {.content_kind = built::trust_list(), .content = list}));
  EXPECT_EQ(data.content, SignedData::Content::trust_list);
  EXPECT_EQ(data.signers.at(0).check.proof, Proof::holds);
}

TEST(SignedData, BytesBehindTheMessageAreLetBe) {
  SignedData data =
      read(signed_message(somebody("Ann"), of_file()) + std::string(7, '\0'));
  EXPECT_EQ(data.signers.at(0).check.proof, Proof::holds);
}

TEST(SignedData, AChangedContentIsBroken) {
  std::string message = signed_message(somebody("Ann"), of_file());
  message[message.find(kHash) + 5] = 'H';
  Check check = read(message).signers.at(0).check;
  EXPECT_EQ(check.proof, Proof::broken);
  EXPECT_EQ(check.reason, "the content isn't what was signed: its digest is another");
}

TEST(SignedData, ASignatureByAnotherKeyIsBroken) {
  built::Identity ann = somebody("Ann"), forger = somebody("Ann");
  forger.certificate = ann.certificate;
  Check check = read(signed_message(forger, of_file())).signers.at(0).check;
  EXPECT_EQ(check.proof, Proof::broken);
  EXPECT_EQ(check.reason, "the signature isn't one by the key of Ann");
}

TEST(SignedData, AttributesOfAnotherKindOfContentAreBroken) {
  built::MessageWishes wishes = of_file();
  std::string message = signed_message(somebody("Ann"), wishes);
  std::string kind = wishes.content_kind;
  message.replace(message.find(kind), kind.size(), built::microsoft(2, 1, 5));
  EXPECT_EQ(read(message).signers.at(0).check.proof, Proof::broken);
}

TEST(SignedData, ASignerWithoutItsCertificateIsUntested) {
  built::Identity ann = somebody("Ann");
  ann.certificate = somebody("Bob").certificate;
  SignedData data = read(signed_message(ann, of_file()));
  EXPECT_EQ(data.signers.at(0).certificate, std::nullopt);
  EXPECT_EQ(data.signers.at(0).check.proof, Proof::untested);
}

TEST(SignedData, AMessageThatNobodySignedHasNoSigner) {
  SignedData data = read(built::catalog({.members = built::pe_member(kHash)}));
  EXPECT_THAT(data.signers, SizeIs(0));
}

TEST(SignedData, AMessageInAnotherIsRead) {
  built::MessageWishes wishes = of_file();
  wishes.unsigned_attributes = [](std::string_view) {
    return built::attribute(built::microsoft(2, 4, 1),
                            signed_message(somebody("Bob"), of_file()));
  };
  SignedData data = read(signed_message(somebody("Ann"), wishes));
  ASSERT_THAT(data.signers.at(0).nested, SizeIs(1));
  const SignedData& nested = data.signers[0].nested[0];
  EXPECT_EQ(nested.certificates.at(0).name, "Bob");
  EXPECT_EQ(nested.signers.at(0).check.proof, Proof::holds);
}

// Five, each in the other.
TEST(SignedData, MessagesAreReadToABoundedDepth) {
  std::string message = signed_message(somebody("Ann"), of_file());
  for (int i = 0; i < 9; ++i) {
    built::MessageWishes wishes = of_file();
    wishes.unsigned_attributes = [&](std::string_view) {
      return built::attribute(built::microsoft(2, 4, 1), message);
    };
    message = signed_message(somebody("Ann"), wishes);
  }
  SignedData data = read(message);
  int depth = 1;
  for (const SignedData* each = &data; !each->signers.at(0).nested.empty(); ++depth) {
    each = &each->signers[0].nested[0];
  }
  EXPECT_EQ(depth, 4);
}

using Stamp = std::string (*)(const built::Identity&, std::string_view,
                              std::string_view);

// Ann's message, stamped by the Clock: what is stamped is her signature, and more.
CounterSignature stamp_of(Stamp stamp, std::string_view time,
                          std::string_view more = "") {
  built::Identity clock =
      built::make_identity({.name = "Clock", .usages = {built::time_stamping()}});
  built::MessageWishes wishes = of_file();
  wishes.certificates = {clock.certificate};
  wishes.unsigned_attributes = [&](std::string_view signature) {
    return stamp(clock, std::string(signature).append(more), time);
  };
  SignedData data = read(signed_message(somebody("Ann"), wishes));
  EXPECT_EQ(data.signers.at(0).check.proof, Proof::holds);
  EXPECT_TRUE(data.signers.at(0).counter_signature);
  return data.signers[0].counter_signature.value_or(CounterSignature());
}

TEST(CounterSignatures, OfPkcs9SayWhen) {
  CounterSignature stamp = stamp_of(built::pkcs9_stamp, "230722113900Z");
  EXPECT_EQ(stamp.kind, CounterSignature::Kind::pkcs9);
  EXPECT_EQ(stamp.time, 1690025940);
  EXPECT_EQ(stamp.check.proof, Proof::holds) << stamp.check.reason;
  EXPECT_EQ(stamp.certificates.at(*stamp.certificate).name, "Clock");
}

TEST(CounterSignatures, OfRfc3161SayWhenWithFractionsToo) {
  CounterSignature stamp = stamp_of(built::rfc3161_stamp, "20230722113900.25Z");
  EXPECT_EQ(stamp.kind, CounterSignature::Kind::rfc3161);
  EXPECT_EQ(stamp.time, 1690025940);
  EXPECT_EQ(stamp.check.proof, Proof::holds) << stamp.check.reason;
  EXPECT_EQ(stamp.certificates.at(*stamp.certificate).name, "Clock");
}

TEST(CounterSignatures, OfAnotherSignatureAreBroken) {
  EXPECT_EQ(stamp_of(built::pkcs9_stamp, "230722113900Z", "x").check.proof,
            Proof::broken);
  CounterSignature token = stamp_of(built::rfc3161_stamp, "20230722113900Z", "x");
  EXPECT_EQ(token.check.proof, Proof::broken);
  EXPECT_EQ(token.check.reason, "it stamps another signature");
}

TEST(SignedData, WhatIsNoSignedMessageIsRefused) {
  EXPECT_FALSE(read_signed_data({}));
  std::string other = built::sequence(built::object({1, 2, 840, 113549, 1, 7, 1}));
  auto data = read_signed_data(bytes_of(other));
  ASSERT_FALSE(data);
  EXPECT_THAT(data.error().words(), HasSubstr("not signed data"));
}

}  // namespace
}  // namespace drydock::signature
