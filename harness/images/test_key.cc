#include "harness/images/test_key.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/sha.h>

#include <array>

#include "vhd/base/bytes.h"
#include "vhd/base/try.h"

namespace drydock::images {

namespace {

constexpr int kPrimeBits = 1024;
constexpr unsigned kExponent = 65537;

struct FreeNumber {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(BN_CTX* context) const { BN_CTX_free(context); }
};
using Number = std::unique_ptr<BIGNUM, FreeNumber>;
using NumberContext = std::unique_ptr<BN_CTX, FreeNumber>;

Error refused(std::string_view what) {
  return Error(Errc::io, fmt::format("OpenSSL refused: {}", what));
}

// Number `count` of those that follow from a name: SHA-256 of "NAME, p, COUNT, 0" to
// "... 3", as one number, odd, and large enough for a product of 2,048 bits.
Number candidate(std::string_view name, char letter, std::uint32_t count) {
  std::array<unsigned char, kPrimeBits / 8> bytes;
  for (std::size_t i = 0; i < bytes.size() / SHA256_DIGEST_LENGTH; ++i) {
    std::string text = fmt::format("{}, {}, {}, {}", name, letter, count, i);
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           &bytes[i * SHA256_DIGEST_LENGTH]);
  }
  bytes.front() |= 0xc0;
  bytes.back() |= 1;
  return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

// All that OpenSSL asks for of an RSA key, by its names for them.
struct RsaNumbers {
  Number n, e, d, p, q, d_p, d_q, q_inverse;
};

Result<RsaNumbers> rsa_numbers(const TestKey& key, BN_CTX* context) {
  RsaNumbers all;
  all.p = candidate(key.name, 'p', key.p);
  all.q = candidate(key.name, 'q', key.q);
  for (Number* one : {&all.n, &all.e, &all.d, &all.d_p, &all.d_q}) one->reset(BN_new());
  Number p_less_1(BN_dup(all.p.get()));
  Number q_less_1(BN_dup(all.q.get()));
  Number phi(BN_new());
  bool done = BN_sub_word(p_less_1.get(), 1) == 1 &&
              BN_sub_word(q_less_1.get(), 1) == 1 &&
              BN_mul(phi.get(), p_less_1.get(), q_less_1.get(), context) == 1 &&
              BN_mul(all.n.get(), all.p.get(), all.q.get(), context) == 1 &&
              BN_set_word(all.e.get(), kExponent) == 1 &&
              BN_mod_inverse(all.d.get(), all.e.get(), phi.get(), context) != nullptr &&
              BN_mod(all.d_p.get(), all.d.get(), p_less_1.get(), context) == 1 &&
              BN_mod(all.d_q.get(), all.d.get(), q_less_1.get(), context) == 1;
  all.q_inverse.reset(done ? BN_mod_inverse(nullptr, all.q.get(), all.p.get(), context)
                           : nullptr);
  if (all.q_inverse == nullptr) return refused("the numbers of a key");
  return all;
}

}  // namespace

Result<KeyPtr> make_test_key(const TestKey& key) {
  NumberContext numbers(BN_CTX_new());
  RsaNumbers rsa = TRY(rsa_numbers(key, numbers.get()));
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  const std::pair<const char*, const Number*> named[] = {
      {OSSL_PKEY_PARAM_RSA_N, &rsa.n},
      {OSSL_PKEY_PARAM_RSA_E, &rsa.e},
      {OSSL_PKEY_PARAM_RSA_D, &rsa.d},
      {OSSL_PKEY_PARAM_RSA_FACTOR1, &rsa.p},
      {OSSL_PKEY_PARAM_RSA_FACTOR2, &rsa.q},
      {OSSL_PKEY_PARAM_RSA_EXPONENT1, &rsa.d_p},
      {OSSL_PKEY_PARAM_RSA_EXPONENT2, &rsa.d_q},
      {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &rsa.q_inverse},
  };
  for (const auto& [name, number] : named) {
    OSSL_PARAM_BLD_push_BN(builder, name, number->get());
  }
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr);
  EVP_PKEY* made = nullptr;
  bool done = parameters != nullptr && EVP_PKEY_fromdata_init(context) == 1 &&
              EVP_PKEY_fromdata(context, &made, EVP_PKEY_KEYPAIR, parameters) == 1;
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  if (!done) return refused("an RSA key");
  return KeyPtr(made);
}

}  // namespace drydock::images
