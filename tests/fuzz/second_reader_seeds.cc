#include "tests/fuzz/seeds.h"

namespace drydock::fuzz {

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds;
  // Each format and block size: writes here and there, zeros over some, a flush, a
  // compaction, and writes again.
  for (unsigned choices = 0; choices < 8; ++choices) {
    ByteVector input{static_cast<std::byte>(choices)};
    auto change = [&](unsigned what, unsigned where, unsigned how_much,
                      unsigned value) {
      for (unsigned byte :
           {what, where & 255, where >> 8, how_much & 255, how_much >> 8, value}) {
        input.push_back(static_cast<std::byte>(byte));
      }
    };
    change(4, 3, 100, 0x11);
    change(5, 4000, 30000, 0x22);
    change(4, 9000, 60000, 0x33);
    change(0, 4096, 60000, 0);
    change(2, 0, 0, 0);
    change(1, 8192, 60000, 0);
    change(3, 0, 0, 0);
    change(4, 12000, 7000, 0x44);
    seeds.push_back(input);
  }
  return seeds;
}

}  // namespace drydock::fuzz
