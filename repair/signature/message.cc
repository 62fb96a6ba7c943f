#include "repair/signature/message.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <memory>

#include "repair/signature/objects.h"
#include "repair/signature/openssl_certificate.h"
#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

using namespace der;

// A file of two signatures with time stamps has about ten certificates.
constexpr std::size_t kCertificatesMax = 64;
// One is usual; more are asked for by nobody that we know of.
constexpr std::size_t kSignersMax = 16;
// Of one signature: an RSA key of 16384 bits, the most that OpenSSL takes.
constexpr std::size_t kSignatureSizeMax = 2048;

constexpr std::string_view kRsaPss = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";

struct FreeContext {
  void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
  void operator()(EVP_PKEY_CTX* it) const { EVP_PKEY_CTX_free(it); }
};

const unsigned char* data_of(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

const EVP_MD* method_of(Algorithm algorithm) {
  return EVP_get_digestbyname(std::string(to_string(algorithm)).c_str());
}

Digest hash(Algorithm algorithm, Bytes bytes) {
  Hasher hasher(algorithm);
  hasher.add(bytes);
  return hasher.finish();
}

Result<Reader> open_signed_data(Bytes message) {
  Reader outermost(message);
  Reader info = TRY(outermost.enter(kSequence, "the message"));
  Bytes kind = TRY(info.next(kObject, "the message's kind")).body;
  if (!is_object(kind, object::kSignedData)) {
    return Error(Errc::corrupt, fmt::format("a message of the kind {}, not signed data",
                                            object_text(kind)));
  }
  Reader holder = TRY(info.enter(constructed(0), "the signed data"));
  return holder.enter(kSequence, "the signed data");
}

// Attribute certificates, which Microsoft's time stamps have, are passed over.
Result<std::vector<Bytes>> read_certificates(Reader reader) {
  std::vector<Bytes> certificates;
  while (!reader.at_end()) {
    Element element = TRY(reader.next());
    if (element.tag != kSequence) continue;
    if (certificates.size() == kCertificatesMax) {
      return Error(Errc::unsupported,
                   fmt::format("more than {} certificates", kCertificatesMax));
    }
    certificates.push_back(element.whole);
  }
  return certificates;
}

// The bytes that the signature itself is over: the attributes as a SET, or the
// content where there are none.
ByteVector signed_bytes(const RawSigner& signer, Bytes content) {
  Bytes bytes = signer.signed_attributes.empty() ? content : signer.signed_attributes;
  ByteVector copy(bytes.begin(), bytes.end());
  if (!signer.signed_attributes.empty()) copy[0] = std::byte{kSet};
  return copy;
}

bool verifies(EVP_PKEY* key, Algorithm algorithm, Bytes bytes, Bytes signature) {
  std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  bool good = EVP_DigestVerifyInit(context.get(), nullptr, method_of(algorithm),
                                   nullptr, key) == 1 &&
              EVP_DigestVerify(context.get(), data_of(signature), signature.size(),
                               data_of(bytes), bytes.size()) == 1;
  ERR_clear_error();
  return good;
}

// Old time stamps of VeriSign's sign the digest alone, without saying which
// algorithm made it: 9 of 23 that were looked at.
bool verifies_bare(EVP_PKEY* key, const Digest& digest, Bytes signature) {
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA) return false;
  std::unique_ptr<EVP_PKEY_CTX, FreeContext> context(EVP_PKEY_CTX_new(key, nullptr));
  std::array<unsigned char, kSignatureSizeMax> recovered{};
  std::size_t size = recovered.size();
  bool good = context != nullptr && EVP_PKEY_verify_recover_init(context.get()) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_verify_recover(context.get(), recovered.data(), &size,
                                      data_of(signature), signature.size()) == 1 &&
              std::ranges::equal(std::as_bytes(std::span(recovered)).first(size),
                                 digest.bytes());
  ERR_clear_error();
  return good;
}

// Whether the signed attributes are of this content.
Check check_attributes(const RawSigner& signer, const Signed& what,
                       Algorithm algorithm) {
  if (!what.content_kind.empty()) {
    auto kind = signed_attribute(signer, object::kContentType);
    if (!kind || as_text(kind->body) != as_text(what.content_kind)) {
      return {Proof::broken, "the signed attributes are of another kind of content"};
    }
  }
  auto said = signed_attribute(signer, object::kMessageDigest);
  if (!said) return {Proof::broken, "the signed attributes have no digest"};
  if (as_text(said->body) != as_text(hash(algorithm, what.content).bytes())) {
    return {Proof::broken, "the content isn't what was signed: its digest is another"};
  }
  return {Proof::holds, {}};
}

}  // namespace

Result<RawSigner> read_signer(Reader& reader) {
  Reader info = TRY(reader.enter(kSequence, "a signer"));
  RawSigner signer;
  TRY(info.next(kInteger, "a signer's version"));
  if (info.next_is(kSequence)) {
    Reader named = TRY(info.enter(kSequence, "a signer's certificate"));
    signer.issuer = TRY(named.next(kSequence, "the issuer")).whole;
    signer.serial = TRY(named.next(kInteger, "the serial number")).body;
  } else {
    TRY(info.next());  // named by its key, as Windows doesn't
  }
  Reader digest = TRY(info.enter(kSequence, "a signer's digest algorithm"));
  signer.digest_algorithm = TRY(digest.next(kObject, "a digest algorithm")).body;
  if (info.next_is(constructed(0))) signer.signed_attributes = TRY(info.next()).whole;
  Reader algorithm = TRY(info.enter(kSequence, "a signer's signature algorithm"));
  signer.signature_algorithm = TRY(algorithm.next(kObject, "an algorithm")).body;
  signer.signature = TRY(info.next(kOctetString, "a signature")).body;
  if (info.next_is(constructed(1))) signer.unsigned_attributes = TRY(info.next()).body;
  return signer;
}

Result<RawMessage> read_message(Bytes bytes) {
  Reader data = TRY(open_signed_data(bytes));
  RawMessage message;
  TRY(data.next(kInteger, "the signed data's version"));
  TRY(data.next(kSet, "the digest algorithms"));
  Reader content = TRY(data.enter(kSequence, "the content"));
  message.content_kind = TRY(content.next(kObject, "the content's kind")).body;
  if (content.next_is(constructed(0))) {
    Reader holder = TRY(content.enter(constructed(0), "the content"));
    if (!holder.at_end()) {
      Element element = TRY(holder.next());
      message.content_element = element.whole;
      message.content = element.body;
    }
  }
  if (data.next_is(constructed(0))) {
    Reader certificates = TRY(data.enter(constructed(0), "the certificates"));
    message.certificates = TRY(read_certificates(certificates));
  }
  if (data.next_is(constructed(1))) TRY(data.next());  // revocation lists
  Reader signers = TRY(data.enter(kSet, "the signers"));
  while (!signers.at_end()) {
    if (message.signers.size() == kSignersMax) {
      return Error(Errc::unsupported, fmt::format("more than {} signers", kSignersMax));
    }
    message.signers.push_back(TRY(read_signer(signers)));
  }
  return message;
}

std::optional<Element> signed_attribute(const RawSigner& signer,
                                        std::string_view kind) {
  if (signer.signed_attributes.empty()) return std::nullopt;
  std::optional<Element> found;
  int count = 0;
  auto whole = Reader(signer.signed_attributes).next();
  if (!whole) return std::nullopt;
  auto done = for_each_attribute(whole->body, [&](Bytes each, Bytes values) {
    if (!is_object(each, kind)) return;
    ++count;
    if (auto value = Reader(values).next()) found = *value;
  });
  return done && count == 1 ? found : std::nullopt;
}

Check check_signer(const RawSigner& signer, const Signed& what,
                   const CertificateFacts& certificate) {
  auto algorithm = algorithm_of(signer.digest_algorithm);
  if (!algorithm) {
    return {Proof::untested, fmt::format("its digest is of an unknown algorithm, {}",
                                         object_text(signer.digest_algorithm))};
  }
  if (is_object(signer.signature_algorithm, kRsaPss)) {
    return {Proof::untested, "its signature is of RSA-PSS, which isn't judged here"};
  }
  if (!signer.signed_attributes.empty()) {
    Check attributes = check_attributes(signer, what, *algorithm);
    if (attributes.proof != Proof::holds) return attributes;
  }
  EVP_PKEY* key = X509_get0_pubkey(certificate.opened.get());
  if (signer.signature.size() > kSignatureSizeMax) {
    return {Proof::broken,
            fmt::format("a signature of {} bytes", signer.signature.size())};
  }
  ByteVector bytes = signed_bytes(signer, what.content);
  bool good = verifies(key, *algorithm, bytes, signer.signature);
  if (!good && what.content_kind.empty()) {
    good = verifies_bare(key, hash(*algorithm, bytes), signer.signature);
  }
  if (good) return {Proof::holds, {}};
  return {Proof::broken,
          fmt::format("the signature isn't one by the key of {}", certificate.name)};
}

}  // namespace drydock::signature
