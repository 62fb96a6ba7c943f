// The one file of this folder that knows who hashes: OpenSSL.

#include "repair/signature/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace drydock::signature {

namespace {

const EVP_MD* method_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::md5:
      return EVP_md5();
    case Algorithm::sha1:
      return EVP_sha1();
    case Algorithm::sha256:
      return EVP_sha256();
    case Algorithm::sha384:
      return EVP_sha384();
    case Algorithm::sha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

}  // namespace

std::string_view to_string(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::md5:
      return "md5";
    case Algorithm::sha1:
      return "sha1";
    case Algorithm::sha256:
      return "sha256";
    case Algorithm::sha384:
      return "sha384";
    case Algorithm::sha512:
      return "sha512";
  }
  return "?";
}

std::size_t digest_size(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::md5:
      return 16;
    case Algorithm::sha1:
      return 20;
    case Algorithm::sha256:
      return 32;
    case Algorithm::sha384:
      return 48;
    case Algorithm::sha512:
      return 64;
  }
  return 0;
}

std::optional<Digest> Digest::of(Algorithm algorithm, Bytes bytes) {
  if (bytes.size() != digest_size(algorithm)) return std::nullopt;
  Digest digest;
  digest.algorithm = algorithm;
  std::copy(bytes.begin(), bytes.end(), digest.storage.begin());
  return digest;
}

std::string Digest::hex() const {
  std::string text;
  text.reserve(2 * bytes().size());
  for (std::byte byte : bytes()) {
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

struct Hasher::Impl {
  explicit Impl(Algorithm of)
      : algorithm(of), method(method_of(of)), state(EVP_MD_CTX_new()) {
    begin();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { EVP_MD_CTX_free(state); }
  void begin() { EVP_DigestInit_ex(state, method, nullptr); }

  Algorithm algorithm;
  const EVP_MD* method;
  EVP_MD_CTX* state;
};

Hasher::Hasher(Algorithm algorithm) : impl_(std::make_unique<Impl>(algorithm)) {}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

Algorithm Hasher::algorithm() const { return impl_->algorithm; }

void Hasher::add(Bytes bytes) {
  EVP_DigestUpdate(impl_->state, bytes.data(), bytes.size());
}

Digest Hasher::finish() {
  std::array<std::byte, EVP_MAX_MD_SIZE> bytes{};
  EVP_DigestFinal_ex(impl_->state, reinterpret_cast<unsigned char*>(bytes.data()),
                     nullptr);
  impl_->begin();
  auto digest =
      Digest::of(impl_->algorithm, Bytes(bytes).first(digest_size(impl_->algorithm)));
  assert(digest);
  return *digest;
}

}  // namespace drydock::signature

std::size_t std::hash<drydock::signature::Digest>::operator()(
    const drydock::signature::Digest& digest) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, digest.bytes().data(), sizeof(value));
  return value;
}
