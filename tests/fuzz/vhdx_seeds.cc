#include "tests/fuzz/seeds.h"
#include "tests/fuzz/vhdx_input.h"

namespace drydock::fuzz {
namespace {

struct Patch {
  unsigned structure;  // of kStructures
  std::uint64_t offset;
  std::size_t size;
  std::uint64_t value;  // little-endian
};

ByteVector make_input(std::uint8_t choices, const std::vector<Patch>& patches) {
  ByteVector input{static_cast<std::byte>(choices)};
  for (const Patch& patch : patches) {
    ByteVector bytes(4 + patch.size);
    testing::put(bytes, 0, 1, patch.structure);
    testing::put(bytes, 1, 2, patch.offset);
    testing::put(bytes, 3, 1, patch.size);
    testing::put(bytes, 4, patch.size, patch.value);
    input.insert(input.end(), bytes.begin(), bytes.end());
  }
  return input;
}

// A patch of its own bytes to each field that is worth a mutation.
std::vector<Patch> all_fields(std::uint8_t choices) {
  struct Field {
    unsigned structure;
    std::uint64_t offset;
    std::size_t size;
  };
  constexpr Field kFields[] = {
      {0, 8, 8},  {0, 64, 8},  {0, 72, 8},  {1, 8, 8},  {1, 48, 8}, {1, 64, 8},
      {1, 72, 8}, {2, 8, 4},   {2, 32, 8},  {2, 40, 8}, {2, 64, 8}, {3, 32, 8},
      {4, 8, 8},  {4, 16, 8},  {4, 24, 4},  {4, 48, 8}, {4, 56, 8}, {4, 72, 8},
      {4, 80, 8}, {4, 104, 8}, {4, 112, 8}, {5, 10, 2}, {5, 48, 8}, {5, 56, 8},
      {5, 80, 8}, {6, 0, 8},   {6, 8, 8},   {6, 16, 8}, {7, 0, 8},  {7, 8, 8},
      {7, 16, 8}, {7, 24, 8},  {7, 32, 8},  {7, 56, 8}};
  VhdxBuilder file = make_skeleton(choices);
  std::vector<Patch> patches;
  for (const Field& field : kFields) {
    std::uint64_t at = kStructures[field.structure] + field.offset;
    patches.push_back({field.structure, field.offset, field.size,
                       testing::get(file.bytes, at, field.size)});
  }
  return patches;
}

}  // namespace

std::vector<ByteVector> make_seeds() {
  constexpr std::uint64_t kFarAway = std::uint64_t{1} << 46;
  std::vector<ByteVector> seeds = {
      make_input(0, {}),
      make_input(kPendingLog, {}),
      make_input(kReseal, all_fields(kReseal)),
      make_input(kReseal | kPendingLog, all_fields(kPendingLog)),
      make_input(kChild, {}),
      make_input(kChild | kReseal | kPendingLog, all_fields(kChild)),
      // A bitmap that says otherwise, that isn't there, on top of a block.
      make_input(kChild, {{8, 5 * 256, 8, 0x5555555555555555}}),
      make_input(kChild, {{7, 40, 8, 7}}),
      make_input(kChild, {{7, 40, 8, 0x800007}}),
      // Blocks on top of each other, beyond the end, in states of all kinds.
      make_input(0, {{7, 0, 8, 0x400006}, {7, 8, 8, 0x400006}}),
      make_input(0, {{7, 0, 8, kFarAway | 6}}),
      make_input(0, {{7, 0, 1, 1}, {7, 16, 1, 2}, {7, 40, 1, 5}, {7, 48, 1, 7}}),
      make_input(0, {{7, 32, 8, 0x400003}}),
      // A block size, a disk's size, sectors.
      make_input(0, {{6, 0, 4, 0x10000000}}),
      make_input(0, {{6, 8, 8, std::uint64_t{100} << 30}}),
      make_input(0, {{6, 16, 4, 4096}}),
      // A header's last number; a log that isn't 1 MiB; a region elsewhere.
      make_input(kReseal, {{1, 8, 8, ~std::uint64_t{0} - 1}}),
      make_input(kReseal, {{1, 68, 4, 0x200000}, {0, 68, 4, 0x200000}}),
      make_input(kReseal, {{2, 32, 8, 0x500000}}),
      make_input(0, {{2, 0, 4, 0}}),
      // Entries that grow the file, zero a stretch of it, point anywhere.
      make_input(kReseal | kPendingLog, {{4, 56, 8, kFarAway}}),
      make_input(kReseal | kPendingLog, {{4, 104, 8, 0x4000000}}),
      make_input(kReseal | kPendingLog, {{4, 112, 8, 0x200000}}),
      make_input(kReseal | kPendingLog, {{4, 12, 4, 0x1000}}),
      make_input(kReseal | kPendingLog, {{4, 8, 4, 0x8000}}),
  };
  return seeds;
}

}  // namespace drydock::fuzz
