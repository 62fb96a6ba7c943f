#include "repair/signature/chain.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "repair/signature/openssl_certificate.h"

namespace drydock::signature {

namespace {

// Microsoft's have three or four certificates.
constexpr int kDepthMax = 10;

struct Free {
  void operator()(X509_STORE* it) const { X509_STORE_free(it); }
  void operator()(X509_STORE_CTX* it) const { X509_STORE_CTX_free(it); }
  void operator()(STACK_OF(X509) * it) const { sk_X509_pop_free(it, X509_free); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

ByteVector der_of(X509* certificate) {
  unsigned char* data = nullptr;
  int size = i2d_X509(certificate, &data);
  if (size < 0) return {};
  Bytes bytes = std::as_bytes(std::span(data, static_cast<std::size_t>(size)));
  ByteVector copy(bytes.begin(), bytes.end());
  OPENSSL_free(data);
  return copy;
}

Owned<X509_STORE> store_of(const std::vector<const Anchor*>& anchors) {
  Owned<X509_STORE> store(X509_STORE_new());
  for (const Anchor* anchor : anchors) {
    OpensslCertificate certificate = openssl_certificate(anchor->der);
    if (certificate) X509_STORE_add_cert(store.get(), certificate.get());
  }
  return store;
}

// The chain as far as it was built; where it ends at an anchor, that is the last.
std::vector<CertificateFacts> certificates_of(const X509_STORE_CTX* context) {
  std::vector<CertificateFacts> certificates;
  STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(context);
  for (int i = 0; i < sk_X509_num(built); ++i) {
    auto facts = read_certificate(der_of(sk_X509_value(built, i)));
    if (facts) certificates.push_back(std::move(*facts));
  }
  return certificates;
}

// The first certificate that its successor, by name its issuer, didn't sign; -1
// where there is none.
int find_forged(const X509_STORE_CTX* context) {
  STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(context);
  for (int i = 0; i + 1 < sk_X509_num(built); ++i) {
    EVP_PKEY* key = X509_get0_pubkey(sk_X509_value(built, i + 1));
    if (key == nullptr || X509_verify(sk_X509_value(built, i), key) != 1) return i;
  }
  return -1;
}

bool is_self_signed(const CertificateFacts& facts) {
  OpensslCertificate certificate = openssl_certificate(facts.der);
  return facts.raw_subject == facts.raw_issuer && certificate &&
         X509_verify(certificate.get(), X509_get0_pubkey(certificate.get())) == 1;
}

void say_why(int problem, const X509_STORE_CTX* context, Chain& chain) {
  const CertificateFacts* last =
      chain.certificates.empty() ? nullptr : &chain.certificates.back();
  int forged = find_forged(context);
  if (forged >= 0 && static_cast<std::size_t>(forged) + 1 < chain.certificates.size()) {
    const CertificateFacts& one = chain.certificates[static_cast<std::size_t>(forged)];
    chain.end = ChainEnd::forged;
    chain.reason = fmt::format("the certificate of {} isn't one that {} signed",
                               one.name, one.issuer_name);
  } else if (problem == X509_V_ERR_INVALID_CA || problem == X509_V_ERR_INVALID_NON_CA ||
             problem == X509_V_ERR_PATH_LENGTH_EXCEEDED ||
             problem == X509_V_ERR_KEYUSAGE_NO_CERTSIGN) {
    chain.end = ChainEnd::not_permitted;
    chain.reason = fmt::format(
        "a certificate of its chain was issued by one that may "
        "not issue it ({})",
        X509_verify_cert_error_string(problem));
  } else if (last != nullptr && is_self_signed(*last)) {
    chain.end = ChainEnd::self_signed;
    chain.reason = fmt::format(
        "{} vouches for itself, and isn't a root that is known "
        "here",
        last->name);
  } else {
    chain.end = ChainEnd::unknown;
    chain.reason =
        last == nullptr
            ? std::string("its chain can't be built")
            : fmt::format(
                  "its chain ends at {}, issued by {}, which isn't a root that "
                  "is known here",
                  last->name, last->issuer_name);
  }
}

}  // namespace

Chain build_chain(const CertificateFacts& signer,
                  const std::vector<CertificateFacts>& others,
                  const std::vector<const Anchor*>& anchors) {
  Chain chain;
  Owned<X509_STORE> store = store_of(anchors);
  Owned<STACK_OF(X509)> untrusted(sk_X509_new_null());
  for (const CertificateFacts& other : others) {
    OpensslCertificate certificate = openssl_certificate(other.der);
    if (certificate) sk_X509_push(untrusted.get(), certificate.release());
  }
  OpensslCertificate target = openssl_certificate(signer.der);
  Owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (!target || X509_STORE_CTX_init(context.get(), store.get(), target.get(),
                                     untrusted.get()) != 1) {
    chain.reason = "its certificate can't be read";
    return chain;
  }
  // Times are judged elsewhere, with the time stamp; usages too, since OpenSSL 3.0
  // has no purpose that is code signing.  Old chains are of SHA-1 and of 1024 bits.
  X509_VERIFY_PARAM* settings = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(settings,
                              X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  X509_VERIFY_PARAM_set_purpose(settings, X509_PURPOSE_ANY);
  X509_VERIFY_PARAM_set_auth_level(settings, 0);
  X509_VERIFY_PARAM_set_depth(settings, kDepthMax);
  bool good = X509_verify_cert(context.get()) == 1;
  int problem = X509_STORE_CTX_get_error(context.get());
  chain.certificates = certificates_of(context.get());
  if (good && !chain.certificates.empty()) {
    auto is_last = [&](const Anchor* each) {
      return each->der == chain.certificates.back().der;
    };
    auto found = std::ranges::find_if(anchors, is_last);
    if (found != anchors.end()) chain.anchor = *found;
  }
  if (chain.anchor != nullptr) {
    chain.end = ChainEnd::anchor;
    if (chain.certificates.size() > 1) chain.certificates.pop_back();
  } else {
    say_why(problem, context.get(), chain);
  }
  ERR_clear_error();
  return chain;
}

}  // namespace drydock::signature
