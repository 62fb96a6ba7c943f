#include "vhd/base/crc.h"

#include <cstring>

#include "vhd/base/endian.h"

namespace drydock {

namespace {

// Eight tables, so that eight bytes are taken a step ("slicing by eight").
struct Tables {
  // An array of the language, because unoptimised builds run this for minutes.
  std::uint32_t of[8][256];
};

constexpr Tables make_tables(std::uint32_t reflected_polynomial) {
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? reflected_polynomial : 0);
    }
    tables.of[0][i] = crc;
  }
  for (std::uint32_t i = 0; i < 256; ++i) {
    for (std::size_t k = 1; k < 8; ++k) {
      std::uint32_t previous = tables.of[k - 1][i];
      tables.of[k][i] = (previous >> 8) ^ tables.of[0][previous & 0xff];
    }
  }
  return tables;
}

constexpr Tables kCrc32 = make_tables(0xEDB88320);
constexpr Tables kCrc32c = make_tables(0x82F63B78);

std::uint32_t run(const Tables& tables, Bytes bytes, std::uint32_t seed) {
  const auto& t = tables.of;
  std::uint32_t crc = ~seed;
  const std::byte* p = bytes.data();
  std::size_t left = bytes.size();
  while (left >= 8) {
    le32 low;
    le32 high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + 4, 4);
    std::uint32_t a = crc ^ low;
    std::uint32_t b = high;
    crc = t[7][a & 0xff] ^ t[6][(a >> 8) & 0xff] ^ t[5][(a >> 16) & 0xff] ^
          t[4][a >> 24] ^ t[3][b & 0xff] ^ t[2][(b >> 8) & 0xff] ^
          t[1][(b >> 16) & 0xff] ^ t[0][b >> 24];
    p += 8;
    left -= 8;
  }
  for (; left > 0; --left, ++p) {
    crc = (crc >> 8) ^ t[0][(crc ^ std::to_integer<std::uint32_t>(*p)) & 0xff];
  }
  return ~crc;
}

}  // namespace

std::uint32_t crc32(Bytes bytes, std::uint32_t seed) {
  return run(kCrc32, bytes, seed);
}
std::uint32_t crc32c(Bytes bytes, std::uint32_t seed) {
  return run(kCrc32c, bytes, seed);
}

}  // namespace drydock
