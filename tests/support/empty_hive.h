// A hive with a root key and nothing in it, as Windows would lay one out: the
// soil that tests and fuzz targets plant their hives in.

#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "vhd/base/bytes.h"
#include "vhd/base/endian.h"

namespace drydock {

// A base block, and one bin of 4 KiB with the root key, its security and a
// free cell.
inline ByteVector empty_hive() {
  constexpr std::size_t bin = 4096;
  constexpr std::uint32_t root = 0x20;
  constexpr std::uint32_t security = 0x80;
  constexpr std::uint32_t free_cell = 0xc0;
  constexpr std::uint32_t none = 0xffffffff;
  constexpr std::string_view name = "NewStoreRoot";
  ByteVector hive(2 * bin);
  auto put = [&](std::size_t offset, auto value) {
    std::memcpy(hive.data() + offset, &value, sizeof(value));
  };
  auto put_text = [&](std::size_t offset, std::string_view text) {
    std::memcpy(hive.data() + offset, text.data(), text.size());
  };
  put_text(0, "regf");
  put(4, le32(1));   // primary sequence number
  put(8, le32(1));   // secondary
  put(20, le32(1));  // version 1.3
  put(24, le32(3));
  put(32, le32(1));  // file format: direct
  put(36, le32(root));
  put(40, le32(bin));
  put(44, le32(1));  // clustering factor
  std::uint32_t checksum = 0;
  for (std::size_t at = 0; at < 508; at += 4) checksum ^= *load<le32>(hive, at);
  put(508, le32(checksum));

  put_text(bin, "hbin");
  put(bin + 8, le32(bin));
  put(bin + root, le32(static_cast<std::uint32_t>(-0x60)));
  std::size_t key = bin + root + 4;
  put_text(key, "nk");
  put(key + 2, le16(0x2c));  // root, not to be removed, ASCII name
  put(key + 16, le32(none));
  put(key + 28, le32(none));
  put(key + 32, le32(none));
  put(key + 40, le32(none));
  put(key + 44, le32(security));
  put(key + 48, le32(none));
  put(key + 72, le16(name.size()));
  put_text(key + 76, name);

  put(bin + security, le32(static_cast<std::uint32_t>(-0x40)));
  std::size_t sk = bin + security + 4;
  put_text(sk, "sk");
  put(sk + 4, le32(security));
  put(sk + 8, le32(security));
  put(sk + 12, le32(1));           // keys that use it
  put(sk + 16, le32(20));          // a descriptor with nothing in it
  put(sk + 20, le32(0x80000001));  // revision 1, self-relative
  put(bin + free_cell, le32(bin - free_cell));
  return hive;
}

}  // namespace drydock
