// OpenSSL's own certificate, for this folder's .cc files alone.

#pragma once

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "vhd/base/bytes.h"

namespace drydock::signature {

// Null where OpenSSL can't read it.
inline std::shared_ptr<X509> openssl_certificate(Bytes der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  X509* certificate = d2i_X509(nullptr, &data, static_cast<long>(der.size()));
  ERR_clear_error();
  if (certificate == nullptr) return nullptr;
  // Has it look at the extensions now: later, several threads may.
  X509_check_purpose(certificate, -1, 0);
  ERR_clear_error();
  return {certificate, [](X509* it) { X509_free(it); }};
}

}  // namespace drydock::signature
