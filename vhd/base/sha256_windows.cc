// windows.h comes first: bcrypt.h doesn't stand alone.
#include <windows.h>
//
#include <bcrypt.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "vhd/base/sha256.h"

namespace drydock {

struct Sha256::Impl {
  BCRYPT_ALG_HANDLE algorithm = nullptr;
  BCRYPT_HASH_HANDLE state = nullptr;
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  ::BCryptOpenAlgorithmProvider(&impl_->algorithm, BCRYPT_SHA256_ALGORITHM, nullptr, 0);
  ::BCryptCreateHash(impl_->algorithm, &impl_->state, nullptr, 0, nullptr, 0, 0);
}
Sha256::~Sha256() {
  ::BCryptDestroyHash(impl_->state);
  ::BCryptCloseAlgorithmProvider(impl_->algorithm, 0);
}

void Sha256::add(Bytes bytes) {
  // It takes a length of 32 bits, and bytes that it doesn't promise not to change.
  constexpr std::size_t kLengthMax = 1 << 30;
  while (!bytes.empty()) {
    Bytes part = bytes.first(std::min(bytes.size(), kLengthMax));
    auto* data = reinterpret_cast<UCHAR*>(const_cast<std::byte*>(part.data()));
    ::BCryptHashData(impl_->state, data, static_cast<ULONG>(part.size()), 0);
    bytes = bytes.subspan(part.size());
  }
}

std::string Sha256::hex() {
  std::array<UCHAR, 32> digest{};
  ::BCryptFinishHash(impl_->state, digest.data(), digest.size(), 0);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace drydock
