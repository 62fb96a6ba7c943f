#include "repair/signature/trust.h"

#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "tests/support/signed_message.h"

namespace drydock::signature {
namespace {

using built::CertificateWishes;
using built::Identity;
using built::make_identity;
using testing::HasSubstr;
using testing::SizeIs;

built::MessageWishes of_file(std::vector<std::string> certificates = {}) {
  return {.content_kind = built::microsoft(2, 1, 4),
          .content = built::indirect_data(built::pe_image(), built::sha256_algorithm(),
                                          std::string(32, 'h')),
          .certificates = std::move(certificates)};
}

CertificateWishes ca(const std::string& name) { return {.name = name, .is_ca = true}; }
CertificateWishes coder(const std::string& name) {
  return {.name = name, .usages = {built::code_signing()}};
}

Judgement judged(const std::string& message, const TrustStore& store,
                 Purpose purpose = {}) {
  auto data = read_signed_data(bytes_of(message));
  EXPECT_TRUE(data);
  return judge(*data, store, purpose);
}

// A root of ours, a CA that it signed, and who signs files.
struct House {
  Identity root = make_identity(ca("Root of ours"));
  Identity middle = make_identity(ca("CA of ours"), &root);
  Identity ann = make_identity(coder("Ann"), &middle);
  TrustStore store = TrustStore::built_in();

  House() { EXPECT_TRUE(store.add(bytes_of(root.certificate))); }
};

TEST(Trust, AChainToAnAddedRootIsTrusted) {
  House house;
  std::string message = signed_message(house.ann, of_file({house.middle.certificate}));
  Judgement judgement = judged(message, house.store);
  EXPECT_EQ(judgement.trust, Trust::trusted) << judgement.reason;
  EXPECT_EQ(judgement.reason, "signed by Ann, up to Root of ours, which was added");
  EXPECT_EQ(judgement.root, "Root of ours");
  ASSERT_THAT(judgement.chain, SizeIs(2));
  EXPECT_EQ(judgement.chain[1].name, "CA of ours");
  EXPECT_EQ(as_text(judgement.file->digest.bytes()), std::string(32, 'h'));
}

TEST(Trust, AnUnknownRootIsNamedAndNotTrusted) {
  House house;
  std::string message = signed_message(house.ann, of_file({house.middle.certificate}));
  Judgement judgement = judged(message, TrustStore::built_in());
  EXPECT_EQ(judgement.trust, Trust::could_not_tell);
  EXPECT_THAT(judgement.reason, HasSubstr("issued by Root of ours"));
}

TEST(Trust, AMissingCaEndsTheChain) {
  House house;
  Judgement judgement = judged(signed_message(house.ann, of_file()), house.store);
  EXPECT_EQ(judgement.trust, Trust::could_not_tell);
  EXPECT_THAT(judgement.reason, HasSubstr("ends at Ann, issued by CA of ours"));
}

TEST(Trust, ACertificateThatItsIssuerDidNotSignIsForged) {
  House house;
  Identity other_ca = make_identity(ca("CA of ours"));
  Identity forger = make_identity(coder("Ann"), &other_ca);
  std::string message = signed_message(forger, of_file({house.middle.certificate}));
  Judgement judgement = judged(message, house.store);
  EXPECT_EQ(judgement.trust, Trust::not_trusted);
  EXPECT_EQ(judgement.reason,
            "the certificate of Ann isn't one that CA of ours signed");
}

TEST(Trust, ACertificateFromWhoMayNotIssueIsNotTrusted) {
  House house;
  Identity child = make_identity(coder("Child"), &house.ann);
  std::string message =
      signed_message(child, of_file({house.ann.certificate, house.middle.certificate}));
  Judgement judgement = judged(message, house.store);
  EXPECT_EQ(judgement.trust, Trust::not_trusted);
  EXPECT_THAT(judgement.reason, HasSubstr("may not issue"));
}

TEST(Trust, ACertificateForServersSignsNoCode) {
  House house;
  Identity server = make_identity(
      {.name = "Server", .usages = {built::object({1, 3, 6, 1, 5, 5, 7, 3, 1})}},
      &house.middle);
  std::string message = signed_message(server, of_file({house.middle.certificate}));
  Judgement judgement = judged(message, house.store);
  EXPECT_EQ(judgement.trust, Trust::not_trusted);
  EXPECT_EQ(judgement.reason,
            "the certificate of Server isn't for code signing, but for TLS server "
            "authentication");
  EXPECT_EQ(judged(message, house.store, {.use = Use::firmware}).trust, Trust::trusted);
}

TEST(Trust, WhoVouchesForHimselfIsNotTrusted) {
  Identity self = make_identity(coder("Me"));
  Judgement judgement = judged(signed_message(self, of_file()), TrustStore::built_in());
  EXPECT_EQ(judgement.trust, Trust::not_trusted);
  EXPECT_THAT(judgement.reason, HasSubstr("Me vouches for itself"));
}

TEST(Trust, TestRootsAreNotTrusted) {
  Identity root = make_identity(ca("Microsoft Test Root Authority"));
  Identity ann = make_identity(coder("Ann"), &root);
  std::string message = signed_message(ann, of_file({root.certificate}));
  Judgement judgement = judged(message, TrustStore::built_in());
  EXPECT_EQ(judgement.trust, Trust::not_trusted);
  EXPECT_THAT(judgement.reason, HasSubstr("test signing"));
}

TEST(Trust, ANameLikeARootsIsNoRoot) {
  Identity root = make_identity(ca("Microsoft Root Certificate Authority 2010"));
  Identity ann = make_identity(
      {.name = "Ann", .usages = {built::code_signing(), built::whql()}}, &root);
  std::string message = signed_message(ann, of_file({root.certificate}));
  EXPECT_NE(judged(message, TrustStore::built_in()).trust, Trust::trusted);
}

TEST(Trust, NobodysSignatureIsNotTrusted) {
  std::string message =
      built::catalog({.members = built::pe_member(std::string(32, 'h'))});
  Judgement judgement = judged(message, TrustStore::built_in());
  EXPECT_EQ(judgement.trust, Trust::not_trusted);
  EXPECT_EQ(judgement.reason, "nobody signed it");
}

// Ann's message with Bob's in it.
std::string nested_message(const House& house, const Identity& outer,
                           std::string outer_digest) {
  Identity bob = make_identity(coder("Bob"), &house.middle);
  built::MessageWishes wishes = of_file();
  wishes.digest = std::move(outer_digest);
  wishes.unsigned_attributes = [&](std::string_view) {
    return built::attribute(built::microsoft(2, 4, 1),
                            signed_message(bob, of_file({house.middle.certificate})));
  };
  return signed_message(outer, wishes);
}

TEST(Trust, ANestedSignatureCountsWhereTheFirstIsUnknown) {
  House house;
  Identity self = make_identity(coder("Me"));
  Judgement judgement = judged(nested_message(house, self, ""), house.store);
  EXPECT_EQ(judgement.trust, Trust::trusted) << judgement.reason;
  EXPECT_EQ(judgement.signature, 1u);
  EXPECT_EQ(judgement.chain.at(0).name, "Bob");
}

TEST(Trust, NoNestedSignatureOutdoesABrokenFirstOne) {
  House house;
  Identity self = make_identity(coder("Me"));
  std::string message = nested_message(house, self, std::string(32, '?'));
  Judgement judgement = judged(message, house.store);
  EXPECT_EQ(judgement.trust, Trust::not_trusted);
  EXPECT_EQ(judgement.signature, 0u);
}

TEST(Trust, AnyFileNeedsATimeStampThatIsKnown) {
  House house;
  std::string message = signed_message(house.ann, of_file({house.middle.certificate}));
  Purpose purpose{.use = Use::any_file};
  EXPECT_EQ(judged(message, house.store, purpose).trust, Trust::could_not_tell);

  Identity clock = make_identity({.name = "Clock", .usages = {built::time_stamping()}},
                                 &house.middle);
  auto stamped = [&](std::string_view time) {
    built::MessageWishes wishes =
        of_file({house.middle.certificate, clock.certificate});
    wishes.unsigned_attributes = [&](std::string_view signature) {
      return built::pkcs9_stamp(clock, signature, time);
    };
    return judged(signed_message(house.ann, wishes), house.store, purpose);
  };
  EXPECT_EQ(stamped("230722113900Z").trust, Trust::trusted);
  EXPECT_TRUE(stamped("230722113900Z").time_is_proven);
  EXPECT_EQ(stamped("330722113900Z").trust, Trust::could_not_tell);
}

std::string pem_of(const Identity& identity) {
  const auto* data =
      reinterpret_cast<const unsigned char*>(identity.certificate.data());
  X509* certificate =
      d2i_X509(nullptr, &data, static_cast<long>(identity.certificate.size()));
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  char* text = nullptr;
  long size = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(out);
  X509_free(certificate);
  return pem;
}

TEST(TrustStore, TakesPemWithManyCertificates) {
  House house;
  TrustStore store = TrustStore::built_in();
  std::size_t before = store.anchors().size();
  std::string bundle = "a comment\n" + pem_of(house.middle) + pem_of(house.root);
  ASSERT_TRUE(store.add(bytes_of(bundle)));
  EXPECT_EQ(store.anchors().size(), before + 2);
  // A CA alone is enough to end a chain at.
  EXPECT_EQ(judged(signed_message(house.ann, of_file()), store).trust, Trust::trusted);
}

TEST(TrustStore, RefusesWhatHoldsNoCertificate) {
  House house;
  TrustStore store = TrustStore::built_in();
  EXPECT_EQ(store.add(bytes_of("hello")).error().code(), Errc::bad_argument);
  EXPECT_EQ(store.add({}).error().code(), Errc::bad_argument);
  std::string torn = pem_of(house.root) + pem_of(house.middle).substr(0, 200);
  EXPECT_EQ(store.add(bytes_of(torn)).error().code(), Errc::bad_argument);
  EXPECT_EQ(store.anchors().size(), known_roots().size());
}

}  // namespace
}  // namespace drydock::signature
