// What an X.509 certificate says of itself.  Whether it says so rightly is
// trust.h's to judge.

#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "repair/signature/digest.h"
#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

struct x509_st;  // OpenSSL's X509

namespace drydock::signature {

// Extended key usages, as text.  The names are those of wincrypt.h and of
// certutil -oid.
namespace usage {
inline constexpr std::string_view kCodeSigning = "1.3.6.1.5.5.7.3.3";
inline constexpr std::string_view kTimeStamping = "1.3.6.1.5.5.7.3.8";
inline constexpr std::string_view kWhql = "1.3.6.1.4.1.311.10.3.5";
inline constexpr std::string_view kWhqlAttested = "1.3.6.1.4.1.311.10.3.5.1";
inline constexpr std::string_view kWindowsComponent = "1.3.6.1.4.1.311.10.3.6";
inline constexpr std::string_view kDriverExtended = "1.3.6.1.4.1.311.10.3.39";
}  // namespace usage

// "Code signing"; the identifier itself where it has no name here.
std::string usage_words(std::string_view identifier);

struct CertificateFacts {
  ByteVector der;       // all of it
  std::string subject;  // "CN=Microsoft Windows,O=Microsoft Corporation..."
  std::string issuer;
  std::string name;         // the subject's CN, or else its last O or OU
  std::string issuer_name;  // the same of the issuer
  ByteVector raw_subject;   // as DER, to compare
  ByteVector raw_issuer;
  ByteVector raw_serial;  // the INTEGER's bytes
  std::string serial;     // in hex, upper case, as certutil shows it
  Digest sha1;            // thumbprints
  Digest sha256;
  std::int64_t not_before = 0;  // seconds since 1970
  std::int64_t not_after = 0;
  // Extended key usages; nothing where it has no such extension, which allows all.
  std::optional<std::vector<std::string>> usages = {};
  std::string key = {};  // "RSA", "EC"
  int key_bits = 0;      // of an RSA key's modulus, of an EC's field
  std::optional<Algorithm> signed_with = {};  // its own signature's digest, if known

  // For this folder's own use.
  std::shared_ptr<x509_st> opened = {};

  bool has_usage(std::string_view identifier) const;
};

// corrupt where OpenSSL can't read it, or there is no key in it.
Result<CertificateFacts> read_certificate(Bytes der);

// Remembers certificates: thousands of signatures are by a few dozen, and reading one
// takes far longer than checking a signature.
//
// Threads: any may call read() at once.
class CertificateCache {
 public:
  // As read_certificate().
  Result<CertificateFacts> read(Bytes der);

 private:
  std::mutex mutex_;
  std::unordered_map<Digest, CertificateFacts> known_;  // by their SHA-256
};

// Of what the issuer signed, the certificate without its signature: how policies of
// Windows name a certificate.
Digest tbs_digest(const CertificateFacts& certificate, Algorithm algorithm);

}  // namespace drydock::signature
