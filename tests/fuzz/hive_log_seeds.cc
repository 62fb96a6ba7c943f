#include "harness/images/dirty_hive.h"
#include "tests/fuzz/seeds.h"
#include "tests/support/hive_builder.h"
#include "vhd/base/endian.h"

namespace drydock::fuzz {

namespace {

// As hive_log_fuzz.cc takes it apart.
ByteVector input(const images::DirtyHive& dirty, std::uint8_t choices) {
  ByteVector bytes{static_cast<std::byte>(choices)};
  auto append = [&](Bytes more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  append(bytes_of(le16(static_cast<std::uint16_t>(dirty.hive.size() - 4096))));
  append(bytes_of(le16(static_cast<std::uint16_t>(dirty.log1.size()))));
  append(Bytes(dirty.hive).first(512));
  append(Bytes(dirty.hive).subspan(4096));
  append(dirty.log1);
  append(dirty.log2);
  return bytes;
}

ByteVector hive_of(char letter, std::size_t size) {
  return HiveBuilder({.name = "ROOT", .values = {{"v", 3, std::string(size, letter)}}})
      .bytes();
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  ByteVector before = hive_of('a', 5000);
  ByteVector after = hive_of('b', 5000);
  ByteVector grown = hive_of('b', 9000);
  std::vector<ByteVector> seeds;
  for (std::uint8_t choices : {std::uint8_t{0}, std::uint8_t{2}, std::uint8_t{3}}) {
    seeds.push_back(
        input(*images::make_dirty_with_entries(before, after, 2, 9), choices));
    seeds.push_back(
        input(*images::make_dirty_with_entries(before, grown, 3, 9), choices));
    seeds.push_back(input(*images::make_dirty_with_vector(before, after, 9), choices));
    seeds.push_back(input(*images::make_dirty_with_vector(before, grown, 9), choices));
  }
  // A header that the log's has to stand for.
  images::DirtyHive headless = *images::make_dirty_with_entries(before, after, 1, 9);
  headless.hive[600 - 100] ^= std::byte{1};
  seeds.push_back(input(headless, 0));
  return seeds;
}

}  // namespace drydock::fuzz
