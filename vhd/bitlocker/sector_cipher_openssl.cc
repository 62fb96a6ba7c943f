#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <vector>

#include "vhd/base/endian.h"
#include "vhd/base/try.h"
#include "vhd/bitlocker/elephant.h"
#include "vhd/bitlocker/sector_cipher.h"

namespace drydock::bitlocker {

namespace {

constexpr std::size_t kBlockSize = 16;  // of AES
using Block = std::array<std::byte, kBlockSize>;

// So many sectors' vectors are encrypted with one call.
constexpr std::size_t kBatch = 64;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

Error refused() {
  return Error(Errc::unsupported, "OpenSSL refuses this cipher or its key");
}

Result<Context> new_context(const EVP_CIPHER* cipher, Bytes key, bool encrypts) {
  Context context(EVP_CIPHER_CTX_new());
  if (context == nullptr ||
      static_cast<int>(key.size()) < EVP_CIPHER_key_length(cipher) ||
      EVP_CipherInit_ex(context.get(), cipher, nullptr, raw(key.data()), nullptr,
                        encrypts ? 1 : 0) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1) {
    return refused();
  }
  return context;
}

// One thread's contexts for one direction.
struct Lane {
  Context data;
  Context vector;  // CBC: encrypts the sectors' places
  Context tweak;   // Elephant: makes the sector keys
};

// How a place is written where a cipher wants it: 16 bytes, little-endian.
Block block_of(std::uint64_t number) {
  Block block{};
  le64 low = number;
  std::memcpy(block.data(), &low, sizeof(low));
  return block;
}

Done run(EVP_CIPHER_CTX* context, MutableBytes bytes) {
  int length = 0;
  if (EVP_CipherUpdate(context, raw(bytes.data()), &length, raw(bytes.data()),
                       static_cast<int>(bytes.size())) != 1) {
    return refused();
  }
  return {};
}

}  // namespace

struct SectorCipher::Impl {
  Method method{};
  std::size_t sector_size = 0;
  Secret key;
  mutable std::mutex mutex;
  mutable std::vector<Lane> decrypting;  // that nobody uses now
  mutable std::vector<Lane> encrypting;

  bool xts() const {
    return method == Method::aes_xts_128 || method == Method::aes_xts_256;
  }
  bool elephant() const {
    return method == Method::aes_cbc_128_elephant ||
           method == Method::aes_cbc_256_elephant;
  }
  bool wide() const {
    return method == Method::aes_cbc_256_elephant || method == Method::aes_cbc_256 ||
           method == Method::aes_xts_256;
  }

  Result<Lane> new_lane(bool encrypts) const;
  Result<Lane> take_lane(bool encrypts) const;
  void give_lane(bool encrypts, Lane lane) const;
  Done run_xts(Lane& lane, std::uint64_t offset, MutableBytes sectors) const;
  Done run_cbc(Lane& lane, bool encrypts, std::uint64_t offset,
               MutableBytes sectors) const;
  Done run_batch(Lane& lane, std::uint64_t offset, MutableBytes sectors) const;
  Done run_all(bool encrypts, std::uint64_t offset, MutableBytes sectors) const;
  Done add_sector_keys(Lane& lane, std::uint64_t offset, MutableBytes sectors) const;
};

Result<Lane> SectorCipher::Impl::new_lane(bool encrypts) const {
  Lane lane;
  if (xts()) {
    const EVP_CIPHER* cipher = wide() ? EVP_aes_256_xts() : EVP_aes_128_xts();
    lane.data = TRY(new_context(cipher, key.bytes(), encrypts));
    return lane;
  }
  const EVP_CIPHER* cbc = wide() ? EVP_aes_256_cbc() : EVP_aes_128_cbc();
  const EVP_CIPHER* ecb = wide() ? EVP_aes_256_ecb() : EVP_aes_128_ecb();
  lane.data = TRY(new_context(cbc, key.bytes(), encrypts));
  lane.vector = TRY(new_context(ecb, key.bytes(), true));
  if (elephant()) {
    lane.tweak = TRY(new_context(ecb, key.bytes().subspan(32), true));
  }
  return lane;
}

Result<Lane> SectorCipher::Impl::take_lane(bool encrypts) const {
  {
    std::lock_guard lock(mutex);
    std::vector<Lane>& free = encrypts ? encrypting : decrypting;
    if (!free.empty()) {
      Lane lane = std::move(free.back());
      free.pop_back();
      return lane;
    }
  }
  return new_lane(encrypts);
}

void SectorCipher::Impl::give_lane(bool encrypts, Lane lane) const {
  std::lock_guard lock(mutex);
  (encrypts ? encrypting : decrypting).push_back(std::move(lane));
}

// The tweak is the sector's number.
Done SectorCipher::Impl::run_xts(Lane& lane, std::uint64_t offset,
                                 MutableBytes sectors) const {
  std::uint64_t number = offset / sector_size;
  for (std::size_t at = 0; at < sectors.size(); at += sector_size, ++number) {
    Block tweak = block_of(number);
    if (EVP_CipherInit_ex(lane.data.get(), nullptr, nullptr, nullptr, raw(tweak.data()),
                          -1) != 1) {
      return refused();
    }
    TRY(run(lane.data.get(), sectors.subspan(at, sector_size)));
  }
  return {};
}

// XORs each sector with its key: its place in bytes, and the same with the last
// byte 0x80, each encrypted with the tweak key; over and over.
Done SectorCipher::Impl::add_sector_keys(Lane& lane, std::uint64_t offset,
                                         MutableBytes sectors) const {
  for (std::size_t at = 0; at < sectors.size(); at += sector_size) {
    std::array<std::byte, 2 * kBlockSize> sector_key{};
    Block low = block_of(offset + at);
    std::memcpy(sector_key.data(), low.data(), kBlockSize);
    std::memcpy(sector_key.data() + kBlockSize, low.data(), kBlockSize);
    sector_key.back() = std::byte{0x80};
    TRY(run(lane.tweak.get(), sector_key));
    for (std::size_t i = 0; i < sector_size; ++i) {
      sectors[at + i] ^= sector_key[i % sector_key.size()];
    }
  }
  return {};
}

// At most kBatch sectors.  The vector is the sector's place, encrypted.
Done SectorCipher::Impl::run_batch(Lane& lane, std::uint64_t offset,
                                   MutableBytes sectors) const {
  std::array<std::byte, kBatch * kBlockSize> vectors;
  std::size_t count = sectors.size() / sector_size;
  for (std::size_t i = 0; i < count; ++i) {
    Block place = block_of(offset + i * sector_size);
    std::memcpy(vectors.data() + i * kBlockSize, place.data(), kBlockSize);
  }
  TRY(run(lane.vector.get(), MutableBytes(vectors).first(count * kBlockSize)));
  for (std::size_t i = 0; i < count; ++i) {
    if (EVP_CipherInit_ex(lane.data.get(), nullptr, nullptr, nullptr,
                          raw(vectors.data() + i * kBlockSize), -1) != 1) {
      return refused();
    }
    TRY(run(lane.data.get(), sectors.subspan(i * sector_size, sector_size)));
  }
  return {};
}

Done SectorCipher::Impl::run_cbc(Lane& lane, bool encrypts, std::uint64_t offset,
                                 MutableBytes sectors) const {
  auto each_sector = [&](void (*change)(MutableBytes)) {
    for (std::size_t at = 0; at < sectors.size(); at += sector_size) {
      change(sectors.subspan(at, sector_size));
    }
  };
  if (elephant() && encrypts) {
    TRY(add_sector_keys(lane, offset, sectors));
    each_sector(diffuse);
  }
  std::size_t batch = kBatch * sector_size;
  for (std::size_t at = 0; at < sectors.size(); at += batch) {
    std::size_t size = std::min(batch, sectors.size() - at);
    TRY(run_batch(lane, offset + at, sectors.subspan(at, size)));
  }
  if (elephant() && !encrypts) {
    each_sector(undo_diffuse);
    TRY(add_sector_keys(lane, offset, sectors));
  }
  return {};
}

Done SectorCipher::Impl::run_all(bool encrypts, std::uint64_t offset,
                                 MutableBytes sectors) const {
  Lane lane = TRY(take_lane(encrypts));
  TRY(xts() ? run_xts(lane, offset, sectors)
            : run_cbc(lane, encrypts, offset, sectors));
  give_lane(encrypts, std::move(lane));
  return {};
}

SectorCipher::SectorCipher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SectorCipher::~SectorCipher() = default;

Result<std::unique_ptr<SectorCipher>> SectorCipher::create(const VolumeKey& key,
                                                           std::uint32_t sector_size) {
  if (key.bytes.size() < key_size(key.method)) {
    return Error(Errc::bad_argument,
                 fmt::format("a key of {} bytes, and {} takes {}", key.bytes.size(),
                             to_string(key.method), key_size(key.method)));
  }
  auto impl = std::make_unique<Impl>();
  impl->method = key.method;
  impl->sector_size = sector_size;
  impl->key = key.bytes.copy();
  for (bool encrypts : {false, true}) {
    impl->give_lane(encrypts, TRY(impl->new_lane(encrypts)));
  }
  return std::unique_ptr<SectorCipher>(new SectorCipher(std::move(impl)));
}

Done SectorCipher::decrypt(std::uint64_t offset, MutableBytes sectors) const {
  return impl_->run_all(false, offset, sectors);
}

Done SectorCipher::encrypt(std::uint64_t offset, MutableBytes sectors) const {
  return impl_->run_all(true, offset, sectors);
}

}  // namespace drydock::bitlocker
