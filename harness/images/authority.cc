#include "harness/images/authority.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <array>
#include <span>

#include "harness/images/der.h"
#include "harness/images/test_key.h"
#include "vhd/base/try.h"

namespace drydock::images {

namespace {

// From before any file of a built disk to after all who could use one.
constexpr const char* kValidFrom = "20200101000000Z";
constexpr const char* kValidTo = "21200101000000Z";

constexpr std::string_view kSignedData = "1.2.840.113549.1.7.2";
constexpr std::string_view kContentType = "1.2.840.113549.1.9.3";
constexpr std::string_view kMessageDigest = "1.2.840.113549.1.9.4";
constexpr std::string_view kData = "1.2.840.113549.1.7.1";
constexpr std::string_view kSigningTime = "1.2.840.113549.1.9.5";
constexpr std::string_view kCounterSignature = "1.2.840.113549.1.9.6";
constexpr std::string_view kRsa = "1.2.840.113549.1.1.1";
constexpr std::string_view kSha256 = "2.16.840.1.101.3.4.2.1";
constexpr std::string_view kOpusInfo = "1.3.6.1.4.1.311.2.1.12";
constexpr std::string_view kStatementType = "1.3.6.1.4.1.311.2.1.11";
constexpr std::string_view kIndividualCodeSigning = "1.3.6.1.4.1.311.2.1.21";

// kBuildTime, as UTCTime has it.
constexpr std::string_view kStampTime = "240102030405Z";

// Whose certificate it is, and what it may be used for.
struct Owner {
  TestKey key;  // the name is the certificate's, too
  std::uint32_t serial = 0;
  const char* basic = nullptr;
  const char* usage = nullptr;
  const char* extended_usage = nullptr;  // nullptr for none
};

constexpr Owner kRoot = {kRootKey, 1, "critical,CA:TRUE",
                         "critical,keyCertSign,cRLSign"};
constexpr Owner kWindows = {kWindowsKey, 2, "critical,CA:FALSE",
                            "critical,digitalSignature",
                            "codeSigning,1.3.6.1.4.1.311.10.3.6"};
constexpr Owner kHardware = {kHardwareKey, 3, "critical,CA:FALSE",
                             "critical,digitalSignature",
                             "codeSigning,1.3.6.1.4.1.311.10.3.5"};
constexpr Owner kTimeStamp = {kTimeStampKey, 4, "critical,CA:FALSE",
                              "critical,digitalSignature", "critical,timeStamping"};

Error refused(std::string_view what) {
  return Error(Errc::io, fmt::format("OpenSSL refused: {}", what));
}

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using CertificatePtr = std::unique_ptr<X509, FreeCertificate>;

struct Identity {
  KeyPtr key;
  CertificatePtr certificate;
};

bool add_extension(X509* certificate, X509V3_CTX* context, int kind,
                   const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, context, kind, value);
  bool done = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return done;
}

bool name_it(X509_NAME* name, std::string_view common_name) {
  auto add = [&](const char* field, std::string_view text) {
    return X509_NAME_add_entry_by_txt(
               name, field, MBSTRING_ASC,
               reinterpret_cast<const unsigned char*>(text.data()),
               static_cast<int>(text.size()), -1, 0) == 1;
  };
  return add("O", "drydock harness, for tests alone") && add("CN", common_name);
}

// `issuer` is nullptr for one that signs itself.
Result<Identity> make_identity(const Owner& owner, const Identity* issuer) {
  Identity made = {TRY(make_test_key(owner.key)), CertificatePtr(X509_new())};
  X509* certificate = made.certificate.get();
  X509* by = issuer == nullptr ? certificate : issuer->certificate.get();
  bool done = X509_set_version(certificate, X509_VERSION_3) == 1 &&
              ASN1_INTEGER_set(X509_get_serialNumber(certificate), owner.serial) == 1 &&
              name_it(X509_get_subject_name(certificate), owner.key.name) &&
              X509_set_issuer_name(certificate, X509_get_subject_name(by)) == 1 &&
              ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate), kValidFrom) &&
              ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate), kValidTo) &&
              X509_set_pubkey(certificate, made.key.get()) == 1;
  X509V3_CTX context;
  X509V3_set_ctx(&context, by, certificate, nullptr, nullptr, 0);
  done =
      done && add_extension(certificate, &context, NID_basic_constraints, owner.basic);
  done = done && add_extension(certificate, &context, NID_key_usage, owner.usage);
  if (owner.extended_usage != nullptr) {
    done = done && add_extension(certificate, &context, NID_ext_key_usage,
                                 owner.extended_usage);
  }
  done = done &&
         add_extension(certificate, &context, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, &context, NID_authority_key_identifier, "keyid");
  EVP_PKEY* key = issuer == nullptr ? made.key.get() : issuer->key.get();
  if (!done || X509_sign(certificate, key, EVP_sha256()) == 0) {
    return refused(fmt::format("the certificate of {}", owner.key.name));
  }
  return made;
}

// What an i2d function writes.
template <class T>
ByteVector der_of(const T* thing, int (*write)(const T*, unsigned char**)) {
  unsigned char* bytes = nullptr;
  int size = write(thing, &bytes);
  if (size <= 0) return {};
  Bytes written = std::as_bytes(std::span(bytes, static_cast<std::size_t>(size)));
  ByteVector out(written.begin(), written.end());
  OPENSSL_free(bytes);
  return out;
}

ByteVector algorithm(std::string_view id) {
  return der::sequence({der::object_id(id), der::null()});
}

ByteVector attribute(std::string_view id, ByteVector value) {
  return der::sequence({der::object_id(id), der::set({std::move(value)})});
}

// What of an element its header announces.
Bytes content_of(Bytes element) {
  std::size_t head = 2;
  std::uint8_t length = std::to_integer<std::uint8_t>(element[1]);
  if (length >= 0x80) head += length & 0x7f;
  return element.subspan(head);
}

ByteVector message_digest(Bytes signed_bytes) {
  std::array<std::byte, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(signed_bytes.data()),
         signed_bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return attribute(kMessageDigest, der::octets(digest));
}

Result<ByteVector> rsa_signature(EVP_PKEY* key, Bytes signed_bytes) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const auto* from = reinterpret_cast<const unsigned char*>(signed_bytes.data());
  ByteVector out(static_cast<std::size_t>(EVP_PKEY_get_size(key)));
  std::size_t size = out.size();
  bool done = EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
              EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()),
                             &size, from, signed_bytes.size()) == 1;
  EVP_MD_CTX_free(context);
  if (!done) return refused("a signature");
  out.resize(size);
  return out;
}

// The parts of a SignerInfo by which `by` signs attributes; what isn't signed may
// follow them.
struct SignerParts {
  std::vector<ByteVector> parts;
  ByteVector signature;
};

Result<SignerParts> sign_attributes(const Identity& by,
                                    std::vector<ByteVector> signed_attributes) {
  const X509* certificate = by.certificate.get();
  ByteVector attributes = der::set(std::move(signed_attributes));
  SignerParts made;
  made.signature = TRY(rsa_signature(by.key.get(), attributes));
  made.parts = {
      der::integer(1),
      der::sequence({der_of(X509_get_issuer_name(certificate), i2d_X509_NAME),
                     der_of(X509_get0_serialNumber(certificate), i2d_ASN1_INTEGER)}),
      algorithm(kSha256),
      der::element(der::context_built(0), content_of(attributes)),
      algorithm(kRsa),
      der::octets(made.signature),
  };
  return made;
}

}  // namespace

struct Authority::Impl {
  Identity root;
  Identity windows;
  Identity hardware;
  Identity time_stamp;
};

Authority::Authority(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authority::Authority(Authority&& other) noexcept = default;
Authority& Authority::operator=(Authority&& other) noexcept = default;
Authority::~Authority() = default;

Result<Authority> Authority::create() {
  auto impl = std::make_unique<Impl>();
  impl->root = TRY(make_identity(kRoot, nullptr));
  impl->windows = TRY(make_identity(kWindows, &impl->root));
  impl->hardware = TRY(make_identity(kHardware, &impl->root));
  impl->time_stamp = TRY(make_identity(kTimeStamp, &impl->root));
  return Authority(std::move(impl));
}

Result<std::string> Authority::root_pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  bool done = PEM_write_bio_X509(memory, impl_->root.certificate.get()) == 1;
  char* bytes = nullptr;
  long size = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(memory);
  if (!done) return refused("the root as PEM");
  return text;
}

Result<ByteVector> Authority::sign(Signer signer, std::string_view type,
                                   Bytes content) const {
  const Identity& by = signer == Signer::windows ? impl_->windows : impl_->hardware;
  // The kinds of attributes that Microsoft's signatures have.
  SignerParts signer_info = TRY(sign_attributes(
      by,
      {attribute(kContentType, der::object_id(type)),
       attribute(kStatementType,
                 der::sequence({der::object_id(kIndividualCodeSigning)})),
       message_digest(content_of(content)), attribute(kOpusInfo, der::sequence({}))}));
  SignerParts stamp = TRY(sign_attributes(
      impl_->time_stamp,
      {attribute(kContentType, der::object_id(kData)),
       attribute(kSigningTime, der::element(der::kUtcTime, bytes_of(kStampTime))),
       message_digest(signer_info.signature)}));
  signer_info.parts.push_back(
      der::built(der::context_built(1),
                 {attribute(kCounterSignature, der::sequence(stamp.parts))}));
  ByteVector signed_data = der::sequence({
      der::integer(1),
      der::set({algorithm(kSha256)}),
      der::sequence(
          {der::object_id(type), der::element(der::context_built(0), content)}),
      der::built(der::context_built(0),
                 {der_of<X509>(by.certificate.get(), i2d_X509),
                  der_of<X509>(impl_->root.certificate.get(), i2d_X509),
                  der_of<X509>(impl_->time_stamp.certificate.get(), i2d_X509)}),
      der::set({der::sequence(signer_info.parts)}),
  });
  return der::sequence(
      {der::object_id(kSignedData), der::built(der::context_built(0), {signed_data})});
}

}  // namespace drydock::images
