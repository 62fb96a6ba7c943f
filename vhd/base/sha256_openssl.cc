#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <array>

#include "vhd/base/sha256.h"

namespace drydock {

struct Sha256::Impl {
  EVP_MD_CTX* state = EVP_MD_CTX_new();
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  EVP_DigestInit_ex(impl_->state, EVP_sha256(), nullptr);
}
Sha256::~Sha256() { EVP_MD_CTX_free(impl_->state); }

void Sha256::add(Bytes bytes) {
  EVP_DigestUpdate(impl_->state, bytes.data(), bytes.size());
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(impl_->state, digest.data(), nullptr);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace drydock
