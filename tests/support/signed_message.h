// Certificates and signed messages of our own making, laid out by der_builder.h and
// signed by OpenSSL: for tests of what no real file shows, and for fuzzers.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/der_builder.h"

namespace drydock::built {

// Somebody with a key and a certificate.
struct Identity {
  std::string name;  // the common name
  std::string issuer;
  std::string certificate;    // DER
  std::shared_ptr<void> key;  // an EVP_PKEY
};

struct CertificateWishes {
  std::string name;
  std::vector<std::string> usages = {};  // the objects, as DER; none: no extension
  bool is_ca = false;
  std::string not_before = "200101000000Z";
  std::string not_after = "300101000000Z";
};

// Signed by `issuer`; null: by itself.
Identity make_identity(const CertificateWishes& wishes,
                       const Identity* issuer = nullptr);

std::string code_signing();  // the usage, as DER
std::string time_stamping();
std::string whql();

struct MessageWishes {
  std::string content_kind;                    // an object
  std::string content;                         // one element
  std::vector<std::string> certificates = {};  // besides the signer's
  // Makes a run of attributes for the signature; none where it is empty.
  std::function<std::string(std::string_view signature)> unsigned_attributes = {};
  std::string digest = {};  // "": the right one
};

// Signed by `signer` over SHA-256 and signed attributes.
std::string signed_message(const Identity& signer, const MessageWishes& wishes);

// An attribute: a counter-signature of `signature` at this time, as PKCS#9 has them,
// or as a token of RFC 3161 does.
std::string pkcs9_stamp(const Identity& signer, std::string_view signature,
                        std::string_view time);
std::string rfc3161_stamp(const Identity& signer, std::string_view signature,
                          std::string_view time);

}  // namespace drydock::built
