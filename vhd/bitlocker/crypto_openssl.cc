#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>

#include "vhd/base/endian.h"
#include "vhd/bitlocker/crypto.h"

namespace drydock::bitlocker {

namespace {

constexpr std::uint64_t kRoundCount = 1 << 20;
constexpr std::size_t kHashSize = 32;

unsigned char* raw(MutableBytes bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
const unsigned char* raw(Bytes bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

}  // namespace

void wipe(MutableBytes bytes) {
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

Secret sha256(Bytes bytes) {
  Secret hash(kHashSize);
  EVP_Digest(bytes.data(), bytes.size(), raw(hash.writable()), nullptr, EVP_sha256(),
             nullptr);
  return hash;
}

Secret stretch(const Secret& hash, const std::array<std::byte, 16>& salt) {
  // What each round hashes: the last round's hash, these two, the round's number.
  constexpr std::size_t kNumberOffset = kHashSize + kHashSize + 16;
  Secret state(kNumberOffset + sizeof(le64));
  MutableBytes bytes = state.writable();
  std::memcpy(bytes.data() + kHashSize, hash.bytes().data(), kHashSize);
  std::memcpy(bytes.data() + 2 * kHashSize, salt.data(), salt.size());
  std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  // Fetched once: looking it up costs more than a round does.
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> digest(
      EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free);
  EVP_DigestInit_ex2(context.get(), digest.get(), nullptr);
  for (std::uint64_t round = 0; round < kRoundCount; ++round) {
    le64 number = round;
    std::memcpy(bytes.data() + kNumberOffset, &number, sizeof(number));
    EVP_DigestInit_ex2(context.get(), nullptr, nullptr);
    EVP_DigestUpdate(context.get(), bytes.data(), bytes.size());
    EVP_DigestFinal_ex(context.get(), raw(bytes), nullptr);
  }
  return Secret(Bytes(bytes).first(kHashSize));
}

std::optional<Secret> open_wrapped(const Secret& key, Bytes nonce, Bytes mac,
                                   Bytes ciphertext) {
  if (key.size() != 32) return std::nullopt;
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* at = context.get();
  Secret plaintext(ciphertext.size());
  int length = 0;
  // The tag is only read; OpenSSL's signature has no const.
  std::array<std::byte, 16> tag{};
  if (mac.size() != tag.size()) return std::nullopt;
  std::memcpy(tag.data(), mac.data(), tag.size());
  bool opened =
      EVP_DecryptInit_ex(at, EVP_aes_256_ccm(), nullptr, nullptr, nullptr) == 1 &&
      EVP_CIPHER_CTX_ctrl(at, EVP_CTRL_AEAD_SET_IVLEN, static_cast<int>(nonce.size()),
                          nullptr) == 1 &&
      EVP_CIPHER_CTX_ctrl(at, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()),
                          tag.data()) == 1 &&
      EVP_DecryptInit_ex(at, nullptr, nullptr, raw(key.bytes()), raw(nonce)) == 1 &&
      EVP_DecryptUpdate(at, raw(plaintext.writable()), &length, raw(ciphertext),
                        static_cast<int>(ciphertext.size())) == 1;
  if (!opened) return std::nullopt;
  return plaintext;
}

}  // namespace drydock::bitlocker
