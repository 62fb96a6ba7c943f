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

Owned<X509_STORE> store_of(const std::vector<const Anchor*>& anchors) {
  Owned<X509_STORE> store(X509_STORE_new());
  for (const Anchor* anchor : anchors) {
    X509_STORE_add_cert(store.get(), anchor->certificate.opened.get());
  }
  return store;
}

// Puts what OpenSSL built, as far as that goes, into `chain`: it is made of what we
// gave it.  Where the last is an anchor and not the signer itself, it's left out.
void take_chain(const X509_STORE_CTX* context, const CertificateFacts& signer,
                const std::vector<CertificateFacts>& others,
                const std::vector<const Anchor*>& anchors, Chain& chain) {
  STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(context);
  for (int i = 0; i < sk_X509_num(built); ++i) {
    const X509* certificate = sk_X509_value(built, i);
    auto is_it = [&](const CertificateFacts& each) {
      return each.opened.get() == certificate;
    };
    auto anchor = std::ranges::find_if(
        anchors, [&](const Anchor* each) { return is_it(each->certificate); });
    auto other = std::ranges::find_if(others, is_it);
    chain.anchor = anchor != anchors.end() ? *anchor : nullptr;
    if (chain.anchor != nullptr && i > 0) continue;
    chain.certificates.push_back(other != others.end() ? *other : signer);
  }
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
  X509* certificate = facts.opened.get();
  return facts.raw_subject == facts.raw_issuer &&
         X509_verify(certificate, X509_get0_pubkey(certificate)) == 1;
}

void say_why(int problem, const X509_STORE_CTX* context, Chain& chain) {
  const CertificateFacts* last =
      chain.certificates.empty() ? nullptr : &chain.certificates.back();
  int forged = find_forged(context);
  if (forged >= 0 && static_cast<std::size_t>(forged) < chain.certificates.size()) {
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
        "{} vouches for itself, and isn't known as a root for this", last->name);
  } else {
    chain.end = ChainEnd::unknown;
    chain.reason =
        last == nullptr
            ? std::string("its chain can't be built")
            : fmt::format(
                  "its chain ends at {}, issued by {}, which isn't known as a root "
                  "for this",
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
    X509_up_ref(other.opened.get());
    sk_X509_push(untrusted.get(), other.opened.get());
  }
  Owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), signer.opened.get(),
                          untrusted.get()) != 1) {
    chain.reason = "its chain can't be built";
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
  take_chain(context.get(), signer, others, anchors, chain);
  if (good && chain.anchor != nullptr) {
    chain.end = ChainEnd::anchor;
  } else {
    chain.anchor = nullptr;
    say_why(problem, context.get(), chain);
  }
  ERR_clear_error();
  return chain;
}

}  // namespace drydock::signature
