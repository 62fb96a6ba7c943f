#include "tests/fuzz/seeds.h"
#include "tests/fuzz/vhd1_input.h"

namespace drydock::fuzz {
namespace {

struct Patch {
  unsigned structure;  // of structures_of()
  std::uint64_t offset;
  std::size_t size;
  std::uint64_t value;  // big-endian
};

ByteVector make_input(std::uint8_t choices, const std::vector<Patch>& patches) {
  ByteVector input{static_cast<std::byte>(choices)};
  for (const Patch& patch : patches) {
    ByteVector bytes(4 + patch.size);
    testing::put(bytes, 0, 1, patch.structure);
    testing::put(bytes, 1, 2, patch.offset);
    testing::put(bytes, 3, 1, patch.size);
    testing::put_big(bytes, 4, patch.size, patch.value);
    input.insert(input.end(), bytes.begin(), bytes.end());
  }
  return input;
}

// A patch of its own bytes to each field that is worth a mutation.
ByteVector all_fields(std::uint8_t choices) {
  constexpr Patch kFields[] = {
      {1, 12, 4, 0},  {1, 16, 8, 0},  {1, 28, 4, 0},  {1, 48, 8, 0},  {1, 56, 4, 0},
      {1, 60, 4, 0},  {0, 16, 8, 0},  {0, 48, 8, 0},  {0, 60, 4, 0},  {2, 16, 8, 0},
      {2, 24, 4, 0},  {2, 28, 4, 0},  {2, 32, 4, 0},  {2, 40, 8, 0},  {2, 64, 8, 0},
      {2, 576, 8, 0}, {2, 584, 4, 0}, {2, 592, 8, 0}, {2, 616, 8, 0}, {3, 0, 4, 0},
      {3, 4, 4, 0},   {3, 12, 4, 0},  {3, 124, 4, 0}, {4, 0, 8, 0},   {5, 0, 8, 0}};
  VhdBuilder file = make_skeleton(choices);
  auto structures = structures_of(file, choices);
  std::vector<Patch> patches;
  for (Patch field : kFields) {
    std::uint64_t at = structures[field.structure] + field.offset;
    if (at + field.size > file.bytes.size()) continue;
    field.value = testing::get_big(file.bytes, at, field.size);
    patches.push_back(field);
  }
  return make_input(choices | kReseal, patches);
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  std::vector<ByteVector> seeds = {
      make_input(0, {}),
      make_input(kChild, {}),
      make_input(kFixedKind, {}),
      all_fields(0),
      all_fields(kChild),
      all_fields(kFixedKind),
      // A damaged footer, copy, header.
      make_input(0, {{1, 3, 1, 0}}),
      make_input(0, {{1, 99, 1, 1}}),
      make_input(kChild, {{0, 99, 1, 1}}),
      make_input(0, {{2, 700, 1, 1}}),
      // Sizes, by bytes and by cylinders; kinds.
      make_input(kReseal, {{0, 48, 8, 1 << 20}}),
      make_input(kReseal, {{1, 48, 8, 1 << 20}, {0, 48, 8, 1 << 20}}),
      make_input(kReseal, {{1, 28, 4, 0x76706320}, {1, 56, 4, 0x00040411}}),
      make_input(kReseal | kFixedKind, {{1, 48, 8, 512}}),
      make_input(kReseal, {{1, 60, 4, 4}, {0, 60, 4, 4}}),
      make_input(kReseal, {{1, 60, 4, 2}}),
      // A table elsewhere, shorter, of other blocks.
      make_input(kReseal, {{2, 16, 8, 1540}}),
      make_input(kReseal, {{2, 28, 4, 3}}),
      make_input(kReseal, {{2, 32, 4, 0x200000}}),
      make_input(kReseal, {{1, 16, 8, 1024}, {0, 16, 8, 1024}}),
      // Blocks on top of each other, beyond the end, on the header; bits of another.
      make_input(0, {{3, 0, 4, 4}}),
      make_input(0, {{3, 8, 4, 0x7FFFFFFF}, {3, 12, 4, 0}}),
      make_input(0, {{3, 4, 4, 2}}),
      make_input(kChild, {{5, 0, 8, 0x8001FF7E00FF0180}, {4, 0, 8, 0}}),
  };
  return seeds;
}

}  // namespace drydock::fuzz
