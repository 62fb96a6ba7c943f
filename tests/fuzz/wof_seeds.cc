#include "ntfs/wof/format.h"
#include "tests/fuzz/seeds.h"
#include "vhd/base/endian.h"

namespace drydock::fuzz {
namespace {

void append(ByteVector& bytes, Bytes more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

ByteVector start(unsigned way, std::uint32_t size) {
  ByteVector bytes{static_cast<std::byte>(way)};
  append(bytes, bytes_of(le32{size}));
  bytes.pop_back();
  return bytes;
}

// Two chunks that are stored as they are.
ByteVector stored(unsigned way, std::uint32_t chunk_size) {
  ByteVector bytes = start(way, chunk_size + 10);
  append(bytes, bytes_of(le32{chunk_size}));
  bytes.resize(bytes.size() + chunk_size + 10, std::byte{'x'});
  return bytes;
}

// One chunk of zeros in XPRESS: a table of code lengths in which byte 0 and the
// longest match have one bit each.  [MS-XCA] 2.1.4
ByteVector xpress_zeros(unsigned way) {
  ByteVector bytes = start(way, 4'000);
  ByteVector table(256);
  table[0] = std::byte{0x01};    // symbol 0
  table[135] = std::byte{0x10};  // symbol 271: a match at distance 1, longer than 17
  append(bytes, table);
  for (int unit : {0x4000, 0x0000}) {
    append(bytes, bytes_of(le16{static_cast<std::uint16_t>(unit)}));
  }
  append(bytes, ByteVector{std::byte{0xff}, std::byte{0x9c}, std::byte{0x0f}});
  return bytes;
}

ByteVector reparse(std::uint32_t provider, std::uint32_t algorithm) {
  ByteVector bytes{std::byte{0x80}};
  append(bytes, bytes_of(wof::format::ReparseData{.version = 1,
                                                  .provider = provider,
                                                  .provider_version = 1,
                                                  .algorithm = algorithm}));
  return bytes;
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  return {stored(0, 4 << 10),  stored(1, 32 << 10), stored(2, 8 << 10),
          stored(3, 16 << 10), xpress_zeros(0),     xpress_zeros(3),
          start(1, 70'000),    reparse(2, 0),       reparse(1, 0),
          reparse(2, 9)};
}

}  // namespace drydock::fuzz
