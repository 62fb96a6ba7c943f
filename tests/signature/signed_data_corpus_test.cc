// Real signatures, held against OpenSSL's own readers: PKCS7_verify() for messages,
// CMS_verify() for the tokens of time stamps.

#include <gmock/gmock.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "repair/signature/message.h"
#include "repair/signature/objects.h"
#include "repair/signature/signed_data.h"
#include "tests/signature/signed_files.h"
#include "tests/support/corpus.h"

namespace drydock::signature {
namespace {

namespace fs = std::filesystem;

// Whether all signers' digests and signatures are right, chains left aside.
bool openssl_verifies(std::string_view message) {
  const auto* data = reinterpret_cast<const unsigned char*>(message.data());
  PKCS7* read = d2i_PKCS7(nullptr, &data, static_cast<long>(message.size()));
  bool good = false;
  if (read != nullptr && PKCS7_type_is_signed(read)) {
    ASN1_TYPE* content = read->d.sign->contents->d.other;
    if (content != nullptr && content->type == V_ASN1_SEQUENCE) {
      // The content is hashed without its own head.
      const unsigned char* inner = content->value.sequence->data;
      long size = 0;
      int tag = 0, kind = 0;
      ASN1_get_object(&inner, &size, &tag, &kind, content->value.sequence->length);
      BIO* in = BIO_new_mem_buf(inner, static_cast<int>(size));
      good = PKCS7_verify(read, nullptr, nullptr, in, nullptr,
                          PKCS7_NOVERIFY | PKCS7_BINARY) == 1;
      BIO_free(in);
    }
  }
  PKCS7_free(read);
  ERR_clear_error();
  return good;
}

// Of the one signer; untested where the message can't be read.
Proof our_proof(std::string_view message) {
  auto data = read_signed_data(bytes_of(message));
  return data && data->signers.size() == 1 ? data->signers[0].check.proof
                                           : Proof::untested;
}

TEST(CorpusSignatures, HoldWhereOpensslSaysSo) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers");
  int held = 0;
  for (const fs::path& path : files_below(drivers, {".cat", ".sys", ".exe", ".efi"})) {
    for (const std::string& message : messages_of(path)) {
      bool holds = our_proof(message) == Proof::holds;
      EXPECT_EQ(holds, openssl_verifies(message)) << path;
      held += holds ? 1 : 0;
    }
  }
  EXPECT_GE(held, 110);
}

// Whether the byte at `at` is of what is signed, of who signed it, or the signature.
bool counts(const std::string& message, std::size_t at) {
  auto parts = read_message(bytes_of(message));
  auto data = read_signed_data(bytes_of(message));
  const RawSigner& signer = parts->signers.at(0);
  Bytes certificate;
  for (Bytes each : parts->certificates) {
    if (as_text(each) ==
        as_text(data->certificates.at(*data->signers[0].certificate).der)) {
      certificate = each;
    }
  }
  const auto* byte = reinterpret_cast<const std::byte*>(message.data()) + at;
  for (Bytes part :
       {parts->content, signer.signed_attributes, signer.signature, certificate}) {
    if (byte >= part.data() && byte < part.data() + part.size()) return true;
  }
  return false;
}

// One bit in each hundredth byte of a message.  We let damage be that is in a
// certificate of nobody who signed, where OpenSSL reads none of the message; and
// OpenSSL lets a signer's unreadable dates be, where we don't.
TEST(CorpusSignatures, AgreeWithOpensslOnChangedMessages) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers");
  int broken = 0;
  for (const char* name : {"relic/hyperv.cat", "uthenticode/YourPhone.exe",
                           "virtio-win-0.1.240/viostor/w10/amd64/viostor.cat"}) {
    std::string message = messages_of(drivers / name).at(0);
    for (std::size_t at = 7; at < message.size(); at += 100) {
      std::string changed = message;
      changed[at] = static_cast<char>(changed[at] ^ 0x04);
      Proof ours = our_proof(changed);
      bool theirs = openssl_verifies(changed);
      EXPECT_FALSE(ours == Proof::holds && !theirs && counts(message, at))
          << name << " offset " << at;
      EXPECT_FALSE(ours == Proof::broken && theirs) << name << " offset " << at;
      broken += ours == Proof::broken ? 1 : 0;
    }
  }
  EXPECT_GE(broken, 50);
}

// Every counter-signature of the corpus is right: by PKCS#9 with the digest in
// DigestInfo or bare, and by RFC 3161.
TEST(CorpusSignatures, TimeStampsHoldOfEveryKind) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers");
  int pkcs9 = 0, rfc3161 = 0;
  for (const fs::path& path : files_below(drivers, {".cat", ".sys", ".exe"})) {
    for (const std::string& message : messages_of(path)) {
      auto data = read_signed_data(bytes_of(message));
      ASSERT_TRUE(data) << path;
      for (const Signer& signer : data->signers) {
        if (!signer.counter_signature) continue;
        EXPECT_EQ(signer.counter_signature->check.proof, Proof::holds) << path;
        EXPECT_GT(signer.counter_signature->time, 1262304000);  // 2010
        bool is_token =
            signer.counter_signature->kind == CounterSignature::Kind::rfc3161;
        ++(is_token ? rfc3161 : pkcs9);
      }
    }
  }
  EXPECT_GE(pkcs9, 30);
  EXPECT_GE(rfc3161, 70);
}

bool cms_verifies(Bytes token) {
  const auto* data = reinterpret_cast<const unsigned char*>(token.data());
  CMS_ContentInfo* read =
      d2i_CMS_ContentInfo(nullptr, &data, static_cast<long>(token.size()));
  bool good =
      read != nullptr && CMS_verify(read, nullptr, nullptr, nullptr, nullptr,
                                    CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY) == 1;
  CMS_ContentInfo_free(read);
  ERR_clear_error();
  return good;
}

TEST(CorpusSignatures, TokensHoldForCmsVerifyToo) {
  DRYDOCK_CORPUS_FILE(drivers, "drivers");
  int tokens = 0;
  for (const fs::path& path : files_below(drivers, {".cat", ".sys", ".exe"})) {
    for (const std::string& message : messages_of(path)) {
      auto parts = read_message(bytes_of(message));
      ASSERT_TRUE(parts) << path;
      for (const RawSigner& signer : parts->signers) {
        auto done = for_each_attribute(
            signer.unsigned_attributes, [&](Bytes kind, Bytes values) {
              if (!der::is_object(kind, object::kTimeStampToken)) return;
              EXPECT_TRUE(cms_verifies(values)) << path;
              ++tokens;
            });
        EXPECT_TRUE(done);
      }
    }
  }
  EXPECT_GE(tokens, 70);
}

}  // namespace
}  // namespace drydock::signature
