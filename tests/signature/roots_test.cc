// Derives the roots anew from the Debian packages that have them: libwine, ovmf and
// shim-signed.

#include "repair/signature/roots.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <map>

#include "repair/signature/chain.h"
#include "tests/signature/found_certificates.h"
#include "tests/signature/signed_files.h"
#include "tests/support/corpus.h"

namespace drydock::signature {
namespace {

constexpr const char* kCrypt32 =
    "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/crypt32.dll";
constexpr const char* kVariables = "/usr/share/OVMF/OVMF_VARS_4M.ms.fd";
constexpr const char* kShim = "/usr/lib/shim/shimx64.efi.signed";

FoundCertificate anchor(const Root& root) {
  ByteVector der = anchor_certificate(root);
  return certificate_at(as_text(der));
}

const Root& root_named(std::string_view name) {
  for (const Root& root : known_roots()) {
    if (root.subject.ends_with(name)) return root;
  }
  ADD_FAILURE() << name;
  return known_roots()[0];
}

std::string thumbprint(const X509* certificate, const EVP_MD* method) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, method, digest, &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    char text[3];
    std::snprintf(text, sizeof(text), "%02x", digest[i]);
    hex += text;
  }
  return hex;
}

// Name, number, key and thumbprints of the root are those of `real`.
void expect_same(const Root& root, const X509* real) {
  FoundCertificate ours = anchor(root);
  ASSERT_TRUE(ours) << root.subject;
  EXPECT_EQ(
      X509_NAME_cmp(X509_get_subject_name(ours.get()), X509_get_subject_name(real)), 0)
      << root.subject;
  EXPECT_EQ(EVP_PKEY_eq(X509_get0_pubkey(ours.get()), X509_get0_pubkey(real)), 1)
      << root.subject;
  EXPECT_EQ(ASN1_INTEGER_cmp(X509_get0_serialNumber(ours.get()),
                             X509_get0_serialNumber(real)),
            0)
      << root.subject;
  EXPECT_EQ(thumbprint(real, EVP_sha256()), root.sha256) << root.subject;
}

// How many roots have their certificate in `file`; each is compared.
int compare_roots_in(std::string_view file) {
  int count = 0;
  for (const FoundCertificate& found : certificates_in(file)) {
    std::string sha1 = thumbprint(found.get(), EVP_sha1());
    for (const Root& root : known_roots()) {
      if (root.sha1 != sha1) continue;
      expect_same(root, found.get());
      ++count;
    }
  }
  return count;
}

TEST(Roots, FourAreThoseOfWinesCrypt32) {
  if (!std::filesystem::exists(kCrypt32)) GTEST_SKIP() << "libwine isn't installed";
  EXPECT_EQ(compare_roots_in(read_file_whole(kCrypt32)), 4);
}

TEST(Roots, TwoAreThoseOfOvmfsVariables) {
  if (!std::filesystem::exists(kVariables)) GTEST_SKIP() << "ovmf isn't installed";
  EXPECT_EQ(compare_roots_in(read_file_whole(kVariables)), 2);
}

TEST(Roots, TwoCameWithShimsSignatures) {
  if (!std::filesystem::exists(kShim)) GTEST_SKIP() << "shim-signed isn't installed";
  int count = 0;
  for (const std::string& message : messages_of(kShim))
    count += compare_roots_in(message);
  EXPECT_EQ(count, 2);
}

TEST(Roots, TheFirmwaresOwnIsIssuedByTheRootOf2010) {
  if (!std::filesystem::exists(kVariables)) GTEST_SKIP() << "ovmf isn't installed";
  FoundCertificate issuer = anchor(root_named("Certificate Authority 2010"));
  int verified = 0;
  for (const FoundCertificate& found : certificates_in(read_file_whole(kVariables))) {
    verified += X509_verify(found.get(), X509_get0_pubkey(issuer.get())) == 1;
  }
  ERR_clear_error();
  EXPECT_EQ(verified, 1);
}

// By the name of the root: how many different certificates of the corpus' files it
// has issued, as their signatures prove.
TEST(Roots, HaveIssuedWhatRealFilesCarry) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers");
  std::map<std::string, std::map<std::string, bool>> issued;
  for (const auto& path : files_below(drivers, {".cat", ".sys", ".exe"})) {
    for (const std::string& message : messages_of(path)) {
      for (const FoundCertificate& found : certificates_in(message)) {
        for (const Root& root : known_roots()) {
          FoundCertificate issuer = anchor(root);
          if (X509_verify(found.get(), X509_get0_pubkey(issuer.get())) != 1) continue;
          issued[std::string(root.subject.substr(root.subject.rfind('=') + 1))]
                [thumbprint(found.get(), EVP_sha1())] = true;
        }
      }
    }
  }
  ERR_clear_error();
  EXPECT_GE(issued["Microsoft Root Certificate Authority 2010"].size(), 2u);
  EXPECT_GE(issued["Microsoft Root Certificate Authority"].size(), 2u);
  EXPECT_GE(issued["Microsoft Code Verification Root"].size(), 5u);
}

}  // namespace
}  // namespace drydock::signature
