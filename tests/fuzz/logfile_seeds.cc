#include "tests/fuzz/logfile_volume.h"
#include "tests/fuzz/seeds.h"

namespace drydock::fuzz {
namespace {

// One patch: where in the log's pages, and bytes.
ByteVector patch(unsigned version, unsigned page, std::size_t at, Bytes bytes) {
  ByteVector input{static_cast<std::byte>(version), static_cast<std::byte>(page),
                   static_cast<std::byte>(at), static_cast<std::byte>(at >> 8),
                   static_cast<std::byte>(bytes.size())};
  input.insert(input.end(), bytes.begin(), bytes.end());
  return input;
}

// As much of a page as the log's maker wrote there, to be mutated: 64 bytes at a
// time.
void add_page(std::vector<ByteVector>& seeds, unsigned version, unsigned page,
              std::size_t end) {
  ByteVector volume = make_volume(static_cast<std::uint16_t>(version));
  for (std::size_t at = 0; at < end; at += 64) {
    seeds.push_back(patch(version, page, at,
                          Bytes(volume).subspan(kLogPlace + page * 4096 + at, 64)));
  }
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds = {{std::byte{1}}, {std::byte{2}}};
  add_page(seeds, 1, 0, 0x120);  // a restart page
  add_page(seeds, 1, 2, 0x600);  // the tail page, with the actions
  add_page(seeds, 1, 4, 0x180);  // the first page, with a table
  add_page(seeds, 2, 7, 0x600);  // a fast page
  add_page(seeds, 2, 34, 0x180);
  return seeds;
}

}  // namespace drydock::fuzz
