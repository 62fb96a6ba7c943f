// OpenSSL's own certificate, for this folder's .cc files alone.

#pragma once

#include <openssl/err.h>
#include <openssl/x509.h>

#include <memory>

#include "vhd/base/bytes.h"

namespace drydock::signature {

struct FreeX509 {
  void operator()(X509* it) const { X509_free(it); }
};
using OpensslCertificate = std::unique_ptr<X509, FreeX509>;

// Null where OpenSSL can't read it.
inline OpensslCertificate openssl_certificate(Bytes der) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  OpensslCertificate certificate(
      d2i_X509(nullptr, &data, static_cast<long>(der.size())));
  ERR_clear_error();
  return certificate;
}

}  // namespace drydock::signature
