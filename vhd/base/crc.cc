#include "vhd/base/crc.h"

#include <array>
#include <cstring>

namespace drydock {

namespace {

// Eight tables, so that eight bytes are taken a step ("slicing by eight").
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables(std::uint32_t reflected_polynomial) {
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? reflected_polynomial : 0);
    }
    tables[0][i] = crc;
  }
  for (std::uint32_t i = 0; i < 256; ++i) {
    for (std::size_t k = 1; k < 8; ++k) {
      std::uint32_t previous = tables[k - 1][i];
      tables[k][i] = (previous >> 8) ^ tables[0][previous & 0xff];
    }
  }
  return tables;
}

constexpr Tables kCrc32 = make_tables(0xEDB88320);
constexpr Tables kCrc32c = make_tables(0x82F63B78);

std::uint32_t run(const Tables& t, Bytes bytes, std::uint32_t seed) {
  std::uint32_t crc = ~seed;
  const std::byte* p = bytes.data();
  std::size_t left = bytes.size();
  auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(p[i]); };
  while (left >= 8) {
    crc ^= at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24;
    crc = t[7][crc & 0xff] ^ t[6][(crc >> 8) & 0xff] ^ t[5][(crc >> 16) & 0xff] ^
          t[4][crc >> 24] ^ t[3][at(4)] ^ t[2][at(5)] ^ t[1][at(6)] ^ t[0][at(7)];
    p += 8;
    left -= 8;
  }
  for (; left > 0; --left, ++p) crc = (crc >> 8) ^ t[0][(crc ^ at(0)) & 0xff];
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
