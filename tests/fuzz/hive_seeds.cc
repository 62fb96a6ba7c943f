#include "tests/fuzz/seeds.h"
#include "tests/support/hive_builder.h"

namespace drydock::fuzz {

namespace {

using namespace std::string_literals;

// As hive_fuzz.cc takes it apart: choices, the header's sector, the bins.
ByteVector input(const ByteVector& hive, std::uint8_t choices) {
  ByteVector bytes{static_cast<std::byte>(choices)};
  bytes.insert(bytes.end(), hive.begin(), hive.begin() + 512);
  bytes.insert(bytes.end(), hive.begin() + 4096, hive.end());
  return bytes;
}

ByteVector every_kind_of_cell() {
  return HiveBuilder(
             {.name = "ROOT",
              .values = {{"", 1, "d\0e\0\0\0"s},
                         {"dword", 4, "\1\0\0\0"s},
                         {"none", 0, ""},
                         {"big", 3, std::string(16345, 'b')}},
              .subkeys = {{.name = "a",
                           .values = {{"x", 7, "a\0\0\0\0\0"s}},
                           .subkeys = {{.name = "1"}, {.name = "2"}},
                           .list = "lf"},
                          {.name = "b",
                           .subkeys = {{.name = "1"}, {.name = "2"}, {.name = "3"}},
                           .leaf_length = 2},
                          {.name = "c", .subkeys = {{.name = "1"}}, .list = "li"}}})
      .bytes();
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  ByteVector all = every_kind_of_cell();
  HiveBuilder small({.name = "ROOT",
                     .values = {{"v", 4, "\1\0\0\0"s}},
                     .subkeys = {{.name = "a", .subkeys = {{.name = "b"}}}}},
                    3);
  return {input(all, 1), input(small.bytes(), 1), input(small.bytes(), 0),
          // A key that is its own subkey.
          input(small.with_word(small.list("ROOT\\a"), 4, small.key("ROOT\\a")), 1)};
}

}  // namespace drydock::fuzz
