// Reading a volume that BitLocker encrypts with AES-XTS, a MiB at a time, from memory
// on one core; beside a loop over the same bytes that copies them, sets the tweak for
// each sector of 512 bytes and has OpenSSL decrypt it.  The bytes are checked first.
//
//   bitlocker_speed 128|256 MIB
//
// Printed is the median of the ratios of fifteen pairs, and between which of them it
// lies with 96 % (the fourth and the twelfth).

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/bitlocker_builder.h"
#include "vhd/bitlocker/volume.h"
#include "vhd/memory_device.h"

namespace {

using drydock::Bytes;
using drydock::ByteVector;
using drydock::MutableBytes;

constexpr int kPairCount = 15;
constexpr std::size_t kPiece = 1 << 20;
constexpr std::size_t kSector = 512;

// One way to read the volume.
using Read = std::function<bool(std::uint64_t offset, MutableBytes into)>;

class EvpLoop {
 public:
  EvpLoop(Bytes encrypted, const ByteVector& key)
      : encrypted_(encrypted), context_(EVP_CIPHER_CTX_new()) {
    const EVP_CIPHER* cipher = key.size() == 32 ? EVP_aes_128_xts() : EVP_aes_256_xts();
    EVP_DecryptInit_ex(context_, cipher, nullptr,
                       reinterpret_cast<const unsigned char*>(key.data()), nullptr);
  }
  EvpLoop(const EvpLoop&) = delete;
  EvpLoop& operator=(const EvpLoop&) = delete;
  ~EvpLoop() { EVP_CIPHER_CTX_free(context_); }

  bool read(std::uint64_t offset, MutableBytes into) {
    std::memcpy(into.data(), encrypted_.data() + offset, into.size());
    for (std::size_t at = 0; at < into.size(); at += kSector) {
      unsigned char tweak[16] = {};
      std::uint64_t number = (offset + at) / kSector;
      std::memcpy(tweak, &number, sizeof(number));
      auto* sector = reinterpret_cast<unsigned char*>(into.data() + at);
      int length = 0;
      if (EVP_DecryptInit_ex(context_, nullptr, nullptr, nullptr, tweak) != 1 ||
          EVP_DecryptUpdate(context_, sector, &length, sector, kSector) != 1) {
        return false;
      }
    }
    return true;
  }

 private:
  Bytes encrypted_;
  EVP_CIPHER_CTX* context_;
};

double seconds_of(const Read& read, std::uint64_t size) {
  ByteVector buffer(kPiece);
  auto start = std::chrono::steady_clock::now();
  for (std::uint64_t at = 0; at + kPiece <= size; at += kPiece) {
    if (!read(at, buffer)) return -1;
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

// All but what is BitLocker's own, which we show as zeros.
bool same(const drydock::bitlocker::Volume& volume, const Read& a, const Read& b) {
  ByteVector x(kPiece);
  ByteVector y(kPiece);
  for (std::uint64_t at = kPiece; at < volume.size() / 2; at += kPiece) {
    if (!a(at, x) || !b(at, y) || x != y) return false;
  }
  return true;
}

ByteVector from_hex(const std::string& digits) {
  ByteVector bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(
        static_cast<std::byte>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t size = argc == 3 ? std::strtoull(argv[2], nullptr, 10) * kPiece : 0;
  if (size < 16 * kPiece) {
    fmt::print(stderr, "usage: bitlocker_speed 128|256 MIB, of 16 MiB at least\n");
    return 64;
  }
  drydock::testing::BitlockerBuild build;
  build.method = std::string(argv[1]) == "256" ? 0x8005 : 0x8004;
  auto below = std::make_shared<drydock::MemoryDevice>(
      drydock::testing::build_bitlocker(ByteVector(size), build));
  auto volume = drydock::bitlocker::Volume::open(below, drydock::bitlocker::KeyRing());
  if (!volume) return 1;
  EvpLoop loop(below->bytes(), from_hex(drydock::testing::built_volume_key(build)));
  Read ours = [&](std::uint64_t at, MutableBytes into) {
    return static_cast<bool>((*volume)->read(at, into));
  };
  Read rival = [&](std::uint64_t at, MutableBytes into) { return loop.read(at, into); };
  if (!same(**volume, ours, rival)) {
    fmt::print(stderr, "the loop reads other bytes\n");
    return 1;
  }
  std::vector<double> ratios, times, rival_times;
  for (int i = 0; i < kPairCount; ++i) {
    times.push_back(seconds_of(ours, size));
    rival_times.push_back(seconds_of(rival, size));
    ratios.push_back(rival_times.back() / times.back());
  }
  for (auto* list : {&ratios, &times, &rival_times}) std::ranges::sort(*list);
  double mib = static_cast<double>(size) / kPiece;
  fmt::print(
      "AES-XTS-{}, {:.0f} MiB: drydock {:.0f} MiB/s, EVP loop {:.0f} MiB/s, "
      "{:.2f} of its rate [{:.2f} .. {:.2f}]\n",
      argv[1], mib, mib / times[7], mib / rival_times[7], ratios[7], ratios[3],
      ratios[11]);
  return 0;
}
