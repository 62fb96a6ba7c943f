// Real signed files, each judged rightly: the drivers of the corpus, and the EFI
// programs of Debian's shim-signed and grub-efi-amd64-signed.

#include <gmock/gmock.h>
#include <openssl/pem.h>

#include <map>

#include "repair/signature/chain.h"
#include "repair/signature/message.h"
#include "repair/signature/trust.h"
#include "tests/signature/found_certificates.h"
#include "tests/signature/signed_files.h"
#include "tests/support/corpus.h"
#include "tests/support/temp_folder.h"

namespace drydock::signature {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kShim = "/usr/lib/shim/shimx64.efi.signed";
constexpr const char* kGrub = "/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed";

const TrustStore& store() {
  static const TrustStore built_in = TrustStore::built_in();
  return built_in;
}

Judgement judged(std::string_view message, Purpose purpose = {},
                 const TrustStore& by = store()) {
  auto data = read_signed_data(bytes_of(message));
  if (!data) return {.trust = Trust::could_not_tell, .reason = data.error().describe()};
  return judge(*data, by, purpose);
}

// What a file of virtio-win 0.1.240 is, by the Windows that its folder names.
struct Expected {
  Trust trust;
  std::string reason;  // a part of it
};
Expected expected_of(const fs::path& path) {
  std::string windows = path.parent_path().parent_path().filename().string();
  // Its catalog is signed by Red Hat's own test certificate.
  if (path.filename() == "pvpanic-pci.cat") {
    return {Trust::not_trusted, "Red Hat Inc. vouches for itself"};
  }
  static const std::map<std::string, Expected> kByWindows = {
      {"w10", {Trust::trusted, "Windows hardware driver verification"}},
      {"w11", {Trust::trusted, "Windows hardware driver verification"}},
      {"2k16", {Trust::trusted, "Windows hardware driver verification"}},
      {"2k22", {Trust::trusted, "Windows hardware driver verification"}},
      // No longer signed for these but by Red Hat itself.
      {"w8", {Trust::not_trusted, "Red Hat Inc. vouches for itself"}},
      {"w8.1", {Trust::not_trusted, "Red Hat Inc. vouches for itself"}},
      {"2k12R2", {Trust::not_trusted, "Red Hat Inc. vouches for itself"}},
      // Cross-signed; the certificates are of 2016, 2019, and 2010.
      {"2k8", {Trust::could_not_tell, "1607 and later"}},
      {"w7", {Trust::could_not_tell, "1607 and later"}},
      {"2k8R2", {Trust::could_not_tell, "1607 and later"}},
      {"xp", {Trust::could_not_tell, "which Windows before 11 24H2 takes"}},
      {"2k3", {Trust::could_not_tell, "which Windows before 11 24H2 takes"}},
  };
  auto found = kByWindows.find(windows);
  return found == kByWindows.end() ? Expected{} : found->second;
}

TEST(CorpusTrust, EachDriverAndCatalogOfVirtioIsWhatItsSignersMadeIt) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers/virtio-win-0.1.240");
  std::map<Trust, int> count;
  for (const fs::path& path : files_below(drivers, {".cat", ".sys"})) {
    SCOPED_TRACE(path);
    Judgement judgement = judged(messages_of(path).at(0));
    Expected expected = expected_of(path);
    EXPECT_EQ(judgement.trust, expected.trust) << judgement.reason;
    EXPECT_THAT(judgement.reason, HasSubstr(expected.reason));
    ++count[judgement.trust];
  }
  EXPECT_GE(count[Trust::trusted], 45);
  EXPECT_GE(count[Trust::not_trusted], 18);
  EXPECT_GE(count[Trust::could_not_tell], 20);
}

// By a certificate of 2010, and by one of 2019.
TEST(CorpusTrust, WhetherACrossSignedDriverIsTakenDependsOnTheWindows) {
  DRYDOCK_CORPUS_FILE(folder, "drivers/virtio-win-0.1.240/viostor");
  std::string of_2010 = messages_of(folder / "xp/x86/viostor.sys").at(0);
  std::string of_2019 = messages_of(folder / "w7/amd64/viostor.sys").at(0);
  EXPECT_EQ(judged(of_2010, {.build = 14392}).trust, Trust::trusted);
  EXPECT_EQ(judged(of_2019, {.build = 14392}).trust, Trust::trusted);
  EXPECT_EQ(judged(of_2010, {.build = 14393}).trust, Trust::trusted);
  EXPECT_EQ(judged(of_2019, {.build = 14393}).trust, Trust::could_not_tell);
  EXPECT_EQ(judged(of_2010, {.build = 26099}).trust, Trust::trusted);
  EXPECT_EQ(judged(of_2010, {.build = 26100}).trust, Trust::could_not_tell);
}

TEST(CorpusTrust, AWhqlSignatureCountsBehindACrossSignedOne) {
  DRYDOCK_CORPUS_FILE(driver, "drivers/velociraptor/winpmem_x64.sys");
  auto data = read_signed_data(bytes_of(messages_of(driver).at(0)));
  ASSERT_TRUE(data);
  Judgement judgement = judge(*data, store(), {});
  EXPECT_EQ(judgement.trust, Trust::trusted) << judgement.reason;
  EXPECT_EQ(judgement.signature, 1u);
  EXPECT_EQ(judgement.file->digest.algorithm, Algorithm::sha256);

  data->signers.at(0).nested.clear();
  judgement = judge(*data, store(), {});
  EXPECT_EQ(judgement.trust, Trust::could_not_tell);
  EXPECT_EQ(judgement.root, "Microsoft Code Verification Root");
}

TEST(CorpusTrust, ACatalogOfWindowsItselfIsTrusted) {
  DRYDOCK_CORPUS_FILE(catalog, "drivers/relic/hyperv.cat");
  Judgement judgement = judged(read_file_whole(catalog));
  EXPECT_EQ(judgement.trust, Trust::trusted) << judgement.reason;
  EXPECT_THAT(judgement.reason, HasSubstr("Windows system component verification"));
  EXPECT_TRUE(judgement.time_is_proven);
  EXPECT_EQ(judgement.time, 1290281721);
  EXPECT_EQ(judged(read_file_whole(catalog), {.use = Use::any_file}).trust,
            Trust::trusted);
}

// All of these have the right digest, and a signature that is by their certificate.
TEST(CorpusTrust, ForgedAndWrongCertificatesAreRefused) {
  DRYDOCK_CORPUS_FILE(folder, "drivers/uthenticode");
  for (Use use : {Use::kernel, Use::any_file}) {
    Judgement forged =
        judged(messages_of(folder / "YourPhone.exe").at(0), {.use = use});
    EXPECT_EQ(forged.trust, Trust::not_trusted);
    EXPECT_EQ(forged.reason,
              "the certificate of Microsoft Corporation isn't one that Microsoft Code "
              "Signing PCA 2011 signed");
    Judgement server =
        judged(messages_of(folder / "A_SSLippery_Slope.exe").at(0), {.use = use});
    EXPECT_EQ(server.trust, Trust::not_trusted);
    EXPECT_THAT(server.reason, HasSubstr("isn't for code signing, but for TLS server"));
  }
  for (const fs::path& path : files_below(
           folder / "32", {"authenticode.exe", "nested.exe", "duplicated.exe"})) {
    for (const std::string& message : messages_of(path)) {
      Judgement self = judged(message);
      EXPECT_EQ(self.trust, Trust::not_trusted) << path;
      EXPECT_THAT(self.reason, HasSubstr("vouches for itself"));
    }
  }
}

TEST(DebianTrust, ShimsTwoSignaturesLeadToTheFirmwaresCas) {
  if (!fs::exists(kShim)) GTEST_SKIP() << "shim-signed isn't installed";
  std::vector<std::string> messages = messages_of(kShim);
  std::vector<std::string> roots;
  for (const std::string& message : messages) {
    Judgement judgement = judged(message, {.use = Use::firmware});
    EXPECT_EQ(judgement.trust, Trust::trusted) << judgement.reason;
    roots.push_back(judgement.root);
    EXPECT_EQ(judged(message).trust, Trust::could_not_tell);
  }
  EXPECT_THAT(roots, testing::ElementsAre("Microsoft Corporation UEFI CA 2011",
                                          "Microsoft UEFI CA 2023"));
}

// Shim has the certificate by which it trusts grub in itself.
TEST(DebianTrust, GrubLeadsToDebiansCaOnlyWhereThatIsAdded) {
  if (!fs::exists(kShim) || !fs::exists(kGrub)) {
    GTEST_SKIP() << "shim-signed or grub-efi-amd64-signed isn't installed";
  }
  std::string message = messages_of(kGrub).at(0);
  Purpose firmware{.use = Use::firmware};
  Judgement judgement = judged(message, firmware);
  EXPECT_EQ(judgement.trust, Trust::could_not_tell);
  EXPECT_THAT(judgement.reason, HasSubstr("Debian Secure Boot CA"));

  TrustStore with_debian = TrustStore::built_in();
  for (const FoundCertificate& found : certificates_in(read_file_whole(kShim))) {
    if (common_name(X509_get_subject_name(found.get())) != "Debian Secure Boot CA") {
      continue;
    }
    unsigned char* der = nullptr;
    int size = i2d_X509(found.get(), &der);
    Bytes bytes = std::as_bytes(std::span(der, static_cast<std::size_t>(size)));
    EXPECT_TRUE(with_debian.add(bytes));
    OPENSSL_free(der);
  }
  judgement = judged(message, firmware, with_debian);
  EXPECT_EQ(judgement.trust, Trust::trusted) << judgement.reason;
  EXPECT_EQ(judgement.root, "Debian Secure Boot CA");
}

// Flips one bit at several places of `part`, which is of `message`: none of the
// results is trusted.
void expect_turned(const std::string& message, Bytes part, Purpose purpose) {
  std::size_t start = static_cast<std::size_t>(
      reinterpret_cast<const char*>(part.data()) - message.data());
  for (std::size_t i = 0; i < 8; ++i) {
    std::string changed = message;
    std::size_t at = start + i * (part.size() - 1) / 7;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    Judgement judgement = judged(changed, purpose);
    EXPECT_NE(judgement.trust, Trust::trusted) << "offset " << at;
  }
}

void expect_every_part_counts(const std::string& message, Purpose purpose) {
  ASSERT_EQ(judged(message, purpose).trust, Trust::trusted);
  auto parts = read_message(bytes_of(message));
  ASSERT_TRUE(parts);
  expect_turned(message, parts->content, purpose);
  expect_turned(message, parts->signers.at(0).signature, purpose);
  expect_turned(message, parts->signers.at(0).signed_attributes.subspan(4), purpose);
  auto data = read_signed_data(bytes_of(message));
  Judgement judgement = judge(*data, store(), purpose);
  for (Bytes certificate : parts->certificates) {
    for (const CertificateFacts& used : judgement.chain) {
      if (as_text(used.der) == as_text(certificate)) {
        expect_turned(message, certificate, purpose);
      }
    }
  }
}

TEST(CorpusTrust, OneFlippedBitTurnsTheVerdict) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers");
  for (const char* name :
       {"relic/hyperv.cat", "virtio-win-0.1.240/viostor/w10/amd64/viostor.cat",
        "virtio-win-0.1.240/viostor/w11/amd64/viostor.sys",
        "virtio-win-0.1.240/viostor/xp/x86/viostor.sys"}) {
    SCOPED_TRACE(name);
    expect_every_part_counts(messages_of(drivers / name).at(0), {.build = 7601});
  }
}

TEST(DebianTrust, OneFlippedBitTurnsTheVerdict) {
  if (!fs::exists(kShim)) GTEST_SKIP() << "shim-signed isn't installed";
  for (const std::string& message : messages_of(kShim)) {
    // A firmware doesn't look at the CA's certificate, which is its own.
    ASSERT_EQ(judged(message, {.use = Use::firmware}).chain.size(), 1u);
    expect_every_part_counts(message, {.use = Use::firmware});
  }
}

std::string pem_of(Bytes der) {
  FoundCertificate certificate = certificate_at(as_text(der));
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate.get());
  char* text = nullptr;
  long size = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(out);
  return pem;
}

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// Whether `openssl verify` finds a way from the signer to one of these, as firmware
// and kernel do: whatever the time, and for whatever use.
bool openssl_verifies(const SignedData& data, const std::string& roots,
                      std::string& words) {
  TempFolder folder;
  std::string others;
  for (const CertificateFacts& each : data.certificates) others += pem_of(each.der);
  write_file(folder / "roots.pem", roots);
  write_file(folder / "others.pem", others);
  write_file(folder / "signer.pem",
             pem_of(data.certificates.at(*data.signers.at(0).certificate).der));
  RunResult said = run({"openssl", "verify", "-partial_chain", "-no_check_time",
                        "-no-CApath", "-no-CAstore", "-purpose", "any", "-auth_level",
                        "0", "-CAfile", folder / "roots.pem", "-untrusted",
                        folder / "others.pem", folder / "signer.pem"});
  words = said.out + said.err;
  return said.exit_code == 0;
}

// Of each signer, once.
TEST(CorpusTrust, ChainsAgreeWithOpensslVerify) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers");
  if (!have_program("openssl")) GTEST_SKIP() << "no openssl here";
  std::string roots;
  for (const Anchor& anchor : store().anchors()) {
    if (*anchor.kind != RootKind::firmware) roots += pem_of(anchor.certificate.der);
  }
  std::map<std::string, bool> seen;
  int found = 0;
  for (const fs::path& path : files_below(drivers, {".cat", ".sys", ".exe", ".efi"})) {
    for (const std::string& message : messages_of(path)) {
      auto data = read_signed_data(bytes_of(message));
      if (!data || data->signers.empty() || !data->signers[0].certificate) continue;
      const CertificateFacts& signer =
          data->certificates[*data->signers[0].certificate];
      if (std::exchange(seen[signer.sha1.hex()], true)) continue;
      data->signers[0].nested.clear();
      bool to_root = !judge(*data, store(), {}).root.empty();
      std::string words;
      EXPECT_EQ(to_root, openssl_verifies(*data, roots, words)) << path << words;
      found += to_root ? 1 : 0;
    }
  }
  EXPECT_GE(seen.size(), 12u);
  EXPECT_GE(found, 7);
}

TEST(DebianTrust, ShimsChainsAgreeWithOpensslVerify) {
  if (!fs::exists(kShim)) GTEST_SKIP() << "shim-signed isn't installed";
  if (!have_program("openssl")) GTEST_SKIP() << "no openssl here";
  int agreed = 0;
  for (const std::string& message : messages_of(kShim)) {
    auto data = read_signed_data(bytes_of(message));
    ASSERT_TRUE(data);
    std::string root = judge(*data, store(), {.use = Use::firmware}).root;
    for (const Anchor& anchor : store().anchors()) {
      std::string words;
      EXPECT_EQ(openssl_verifies(*data, pem_of(anchor.certificate.der), words),
                anchor.certificate.name == root)
          << anchor.certificate.name << words;
      ++agreed;
    }
  }
  EXPECT_EQ(agreed, 16);
}

}  // namespace
}  // namespace drydock::signature
