// OpenSSL reads certificates.

#include "repair/signature/certificate.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "repair/signature/der.h"
#include "repair/signature/openssl_certificate.h"
#include "vhd/base/try.h"

namespace drydock::signature {

namespace {

// Many have some; none that is honest comes near.
constexpr int kUsagesMax = 256;
// What a cache remembers at most, of about 10 KB each: a guest's files are signed by
// a few hundred.
constexpr std::size_t kCachedMax = 4096;

struct Free {
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(EXTENDED_KEY_USAGE* it) const { EXTENDED_KEY_USAGE_free(it); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Bytes bytes_at(const unsigned char* data, int size) {
  return std::as_bytes(std::span(data, static_cast<std::size_t>(std::max(size, 0))));
}

// XN_FLAG_RFC2253, but letters stay letters.
std::string text_of(const X509_NAME* name) {
  Owned<BIO> out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  const unsigned char* data = nullptr;
  int size = static_cast<int>(BIO_get_mem_data(out.get(), &data));
  return std::string(as_text(bytes_at(data, size)));
}

// What people call it: CN, or else OU, or else O.
std::string short_text_of(const X509_NAME* name) {
  for (int kind : {NID_commonName, NID_organizationalUnitName, NID_organizationName}) {
    int at = -1, last = -1;
    while ((at = X509_NAME_get_index_by_NID(name, kind, at)) >= 0) last = at;
    if (last < 0) continue;
    unsigned char* text = nullptr;
    int size = ASN1_STRING_to_UTF8(
        &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
    if (size < 0) continue;
    std::string found(as_text(bytes_at(text, size)));
    OPENSSL_free(text);
    return found;
  }
  return text_of(name);
}

ByteVector copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

// The parts that are compared as they lie there.  RFC 5280, 4.1.
struct Raw {
  Bytes tbs;
  Bytes serial;
  Bytes issuer;
  Bytes subject;
};

Result<Raw> raw_of(Bytes der) {
  der::Reader whole(der);
  der::Reader certificate = TRY(whole.enter(der::kSequence, "the certificate"));
  Raw raw;
  der::Element tbs = TRY(certificate.next(der::kSequence, "what is certified"));
  raw.tbs = tbs.whole;
  der::Reader parts = certificate.inside(tbs);
  if (parts.next_is(der::constructed(0))) TRY(parts.next());  // the version
  raw.serial = TRY(parts.next(der::kInteger, "the serial number")).body;
  TRY(parts.next(der::kSequence, "the algorithm"));
  raw.issuer = TRY(parts.next(der::kSequence, "the issuer")).whole;
  TRY(parts.next(der::kSequence, "the validity"));
  raw.subject = TRY(parts.next(der::kSequence, "the subject")).whole;
  return raw;
}

std::optional<std::int64_t> time_of(const ASN1_TIME* time) {
  std::uint8_t tag = static_cast<std::uint8_t>(ASN1_STRING_type(time));
  Bytes body = bytes_at(ASN1_STRING_get0_data(time), ASN1_STRING_length(time));
  return der::to_time({.tag = tag, .body = body});
}

std::optional<std::vector<std::string>> usages_of(const X509* certificate) {
  int critical = 0;
  Owned<EXTENDED_KEY_USAGE> listed(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, nullptr)));
  // -1 says that there is none; all else, that there is one that can't be read,
  // which allows nothing.
  if (!listed && critical == -1) return std::nullopt;
  std::vector<std::string> usages;
  int count = listed ? std::min(sk_ASN1_OBJECT_num(listed.get()), kUsagesMax) : 0;
  for (int i = 0; i < count; ++i) {
    const ASN1_OBJECT* object = sk_ASN1_OBJECT_value(listed.get(), i);
    usages.push_back(der::object_text(
        std::as_bytes(std::span(OBJ_get0_data(object), OBJ_length(object)))));
  }
  return usages;
}

std::string kind_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return "RSA";
    case EVP_PKEY_EC:
      return "EC";
    case EVP_PKEY_DSA:
      return "DSA";
    default:
      return OBJ_nid2sn(EVP_PKEY_get_base_id(key));
  }
}

std::optional<Algorithm> signature_digest(const X509* certificate) {
  int digest = NID_undef;
  OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, nullptr);
  switch (digest) {
    case NID_md5:
      return Algorithm::md5;
    case NID_sha1:
      return Algorithm::sha1;
    case NID_sha256:
      return Algorithm::sha256;
    case NID_sha384:
      return Algorithm::sha384;
    case NID_sha512:
      return Algorithm::sha512;
    default:
      return std::nullopt;
  }
}

Digest hash(Algorithm algorithm, Bytes bytes) {
  Hasher hasher(algorithm);
  hasher.add(bytes);
  return hasher.finish();
}

std::string upper_hex(Bytes bytes) {
  std::string text;
  for (std::byte byte : bytes) {
    text += fmt::format("{:02X}", std::to_integer<unsigned>(byte));
  }
  return text;
}

Result<CertificateFacts> facts_of(const X509* certificate, Bytes der) {
  auto not_before = time_of(X509_get0_notBefore(certificate));
  auto not_after = time_of(X509_get0_notAfter(certificate));
  if (!not_before || !not_after) {
    return Error(Errc::corrupt, "a certificate whose validity can't be read");
  }
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) {
    return Error(Errc::corrupt, "a certificate whose key can't be read");
  }
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const X509_NAME* issuer = X509_get_issuer_name(certificate);
  Raw raw = TRY(raw_of(der));
  CertificateFacts facts{.der = copy(der),
                         .subject = text_of(subject),
                         .issuer = text_of(issuer),
                         .name = short_text_of(subject),
                         .issuer_name = short_text_of(issuer),
                         .raw_subject = copy(raw.subject),
                         .raw_issuer = copy(raw.issuer),
                         .raw_serial = copy(raw.serial),
                         .serial = upper_hex(raw.serial),
                         .sha1 = hash(Algorithm::sha1, der),
                         .sha256 = hash(Algorithm::sha256, der),
                         .not_before = *not_before,
                         .not_after = *not_after};
  facts.usages = usages_of(certificate);
  facts.key = kind_of(key);
  facts.key_bits = EVP_PKEY_get_bits(key);
  facts.signed_with = signature_digest(certificate);
  return facts;
}

}  // namespace

std::string usage_words(std::string_view identifier) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kNames{
      {
          {usage::kCodeSigning, "code signing"},
          {usage::kTimeStamping, "time stamping"},
          {"1.3.6.1.5.5.7.3.1", "TLS server authentication"},
          {"1.3.6.1.5.5.7.3.2", "TLS client authentication"},
          {"1.3.6.1.5.5.7.3.4", "e-mail protection"},
          {usage::kWhql, "Windows hardware driver verification"},
          {usage::kWhqlAttested, "Windows hardware driver attested verification"},
          {usage::kWindowsComponent, "Windows system component verification"},
          {usage::kDriverExtended, "Windows hardware driver extended verification"},
          {"1.3.6.1.4.1.311.10.3.7", "OEM Windows system component verification"},
          {"1.3.6.1.4.1.311.10.3.8", "embedded Windows system component verification"},
          {"1.3.6.1.4.1.311.10.3.20", "Windows kits component"},
          {"1.3.6.1.4.1.311.10.3.23", "Windows TCB component"},
          {"1.3.6.1.4.1.311.10.3.24", "protected process verification"},
          {"1.3.6.1.4.1.311.61.4.1", "early launch antimalware driver"},
          {"1.3.6.1.4.1.311.76.8.1", "Microsoft publisher"},
      }};
  for (const auto& [known, words] : kNames) {
    if (known == identifier) return std::string(words);
  }
  return std::string(identifier);
}

bool CertificateFacts::has_usage(std::string_view identifier) const {
  return usages && std::ranges::find(*usages, identifier) != usages->end();
}

Result<CertificateFacts> read_certificate(Bytes der) {
  auto certificate = openssl_certificate(der);
  if (!certificate) return Error(Errc::corrupt, "a certificate that can't be read");
  auto facts = facts_of(certificate.get(), der);
  if (facts) facts->opened = std::move(certificate);
  ERR_clear_error();
  return facts;
}

Result<CertificateFacts> CertificateCache::read(Bytes der) {
  Digest key = hash(Algorithm::sha256, der);
  {
    std::lock_guard lock(mutex_);
    auto found = known_.find(key);
    if (found != known_.end()) return found->second;
  }
  CertificateFacts facts = TRY(read_certificate(der));
  std::lock_guard lock(mutex_);
  if (known_.size() < kCachedMax) known_.emplace(key, facts);
  return facts;
}

Digest tbs_digest(const CertificateFacts& certificate, Algorithm algorithm) {
  auto raw = raw_of(certificate.der);
  return hash(algorithm, raw ? raw->tbs : Bytes());
}

}  // namespace drydock::signature
