#include "tests/support/signed_message.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>

namespace drydock::built {

namespace {

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

EVP_PKEY* key_of(const Identity& identity) {
  return static_cast<EVP_PKEY*>(identity.key.get());
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return {reinterpret_cast<char*>(digest.data()), digest.size()};
}

std::string sign(const Identity& signer, std::string_view text) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::string signature(256, '\0');
  std::size_t size = signature.size();
  EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_of(signer));
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                 bytes(text), text.size());
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return signature;
}

std::string ecdsa_with_sha256() {
  return sequence(object({1, 2, 840, 10045, 4, 3, 2}));
}

std::string name_of(std::string_view name) {
  return sequence(set(sequence(object({2, 5, 4, 3}) + element(0x0c, name))));
}

// One for each name, so that a signer info finds its own.
std::string serial_of(std::string_view name) {
  return element(0x02, "\x01" + sha256(name).substr(0, 8));
}

std::string public_key(const Identity& identity) {
  unsigned char* data = nullptr;
  int size = i2d_PUBKEY(key_of(identity), &data);
  std::string der(reinterpret_cast<char*>(data), static_cast<std::size_t>(size));
  OPENSSL_free(data);
  return der;
}

std::string extensions(const CertificateWishes& wishes) {
  std::string list;
  if (wishes.is_ca) {
    list += sequence(object({2, 5, 29, 19}) +
                     octets(sequence(element(0x01, std::string(1, '\xff')))));
  }
  if (!wishes.usages.empty()) {
    std::string usages;
    for (const std::string& usage : wishes.usages) usages += usage;
    list += sequence(object({2, 5, 29, 37}) + octets(sequence(usages)));
  }
  return list.empty() ? "" : context(3, sequence(list));
}

// A SignerInfo over signed attributes.  `kind` "": a counter-signature's.
struct SignerWishes {
  std::string kind;
  std::string digest;
  std::string time = {};
  const MessageWishes* message = nullptr;
};
std::string signer_info(const Identity& signer, const SignerWishes& wishes) {
  std::string attributes =
      attribute(object({1, 2, 840, 113549, 1, 9, 3}), wishes.kind) +
      attribute(object({1, 2, 840, 113549, 1, 9, 4}), octets(wishes.digest));
  if (!wishes.time.empty()) {
    attributes +=
        attribute(object({1, 2, 840, 113549, 1, 9, 5}), element(0x17, wishes.time));
  }
  std::string signature = sign(signer, set(attributes));
  std::string unsigned_attributes;
  if (wishes.message != nullptr && wishes.message->unsigned_attributes) {
    unsigned_attributes = context(1, wishes.message->unsigned_attributes(signature));
  }
  return sequence(integer(1) +
                  sequence(name_of(signer.issuer) + serial_of(signer.name)) +
                  sha256_algorithm() + context(0, attributes) + ecdsa_with_sha256() +
                  octets(signature) + unsigned_attributes);
}

// What an element holds, without its tag and length.
std::string_view body_of(std::string_view element) {
  auto first = static_cast<unsigned char>(element.at(1));
  return element.substr(first < 0x80 ? 2 : 2 + (first & 0x7f));
}

}  // namespace

std::string code_signing() { return object({1, 3, 6, 1, 5, 5, 7, 3, 3}); }
std::string time_stamping() { return object({1, 3, 6, 1, 5, 5, 7, 3, 8}); }
std::string whql() { return microsoft(10, 3, 5); }

Identity make_identity(const CertificateWishes& wishes, const Identity* issuer) {
  Identity made{.name = wishes.name,
                .issuer = issuer != nullptr ? issuer->name : wishes.name,
                .certificate = {},
                .key = {EVP_EC_gen("P-256"),
                        [](void* key) { EVP_PKEY_free(static_cast<EVP_PKEY*>(key)); }}};
  std::string tbs = sequence(
      context(0, integer(2)) + serial_of(made.name) + ecdsa_with_sha256() +
      name_of(made.issuer) +
      sequence(element(0x17, wishes.not_before) + element(0x17, wishes.not_after)) +
      name_of(made.name) + public_key(made) + extensions(wishes));
  std::string signature = sign(issuer != nullptr ? *issuer : made, tbs);
  made.certificate =
      sequence(tbs + ecdsa_with_sha256() + element(0x03, '\0' + signature));
  return made;
}

std::string signed_message(const Identity& signer, const MessageWishes& wishes) {
  std::string certificates = signer.certificate;
  for (const std::string& each : wishes.certificates) certificates += each;
  std::string digest =
      wishes.digest.empty() ? sha256(body_of(wishes.content)) : wishes.digest;
  std::string info = signer_info(
      signer, {.kind = wishes.content_kind, .digest = digest, .message = &wishes});
  return message(wishes.content_kind, wishes.content,
                 context(0, certificates) + set(info));
}

std::string pkcs9_stamp(const Identity& signer, std::string_view signature,
                        std::string_view time) {
  return attribute(object({1, 2, 840, 113549, 1, 9, 6}),
                   signer_info(signer, {.kind = object({1, 2, 840, 113549, 1, 7, 1}),
                                        .digest = sha256(signature),
                                        .time = std::string(time)}));
}

std::string rfc3161_stamp(const Identity& signer, std::string_view signature,
                          std::string_view time) {
  std::string info = sequence(integer(1) + object({1, 2, 3, 4}) +
                              sequence(sha256_algorithm() + octets(sha256(signature))) +
                              integer(7) + element(0x18, time));
  return attribute(
      microsoft(3, 3, 1),
      signed_message(signer,
                     {.content_kind = object({1, 2, 840, 113549, 1, 9, 16, 1, 4}),
                      .content = octets(info)}));
}

}  // namespace drydock::built
