// Certificates that lie somewhere in a file, found by what they look like.

#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/base/bytes.h"

namespace drydock {

struct FreeCertificate {
  void operator()(X509* it) const { X509_free(it); }
};
using FoundCertificate = std::unique_ptr<X509, FreeCertificate>;

inline FoundCertificate certificate_at(std::string_view der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  return FoundCertificate(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
}

// Each SEQUENCE { SEQUENCE { [0] ... } or { INTEGER ...  that OpenSSL takes.
inline std::vector<FoundCertificate> certificates_in(std::string_view file) {
  constexpr std::string_view kSequence = "\x30\x82";
  std::vector<FoundCertificate> found;
  for (std::size_t at = file.find(kSequence); at != file.npos;
       at = file.find(kSequence, at + 1)) {
    if (file.substr(at + 4, 2) != kSequence) continue;
    FoundCertificate certificate = certificate_at(file.substr(at));
    if (certificate) found.push_back(std::move(certificate));
  }
  return found;
}

inline std::string common_name(const X509_NAME* name) {
  char text[256] = "";
  X509_NAME_get_text_by_NID(const_cast<X509_NAME*>(name), NID_commonName, text,
                            sizeof(text));
  return text;
}

}  // namespace drydock
