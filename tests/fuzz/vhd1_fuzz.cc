// VHD images of strangers: examined, checked, read, and written to.

#include "tests/fuzz/image_round.h"
#include "tests/fuzz/vhd1_input.h"
#include "vhd/check.h"
#include "vhd/memory_device.h"

namespace drydock::fuzz {
namespace {

// What a child stands on.
std::shared_ptr<const Image> parent() {
  static const std::shared_ptr<const Image> kParent = [] {
    VhdBuilder file;
    for (unsigned block = 0; block < 32; ++block) file.add_block(block, 0xA0 + block);
    return *open_image(std::make_shared<MemoryDevice>(file.bytes));
  }();
  return kParent;
}

ImageOptions options(bool writable) {
  return {.writable = writable,
          .make_guid = counting_guids(),
          .data_guid = {},
          .parent = parent(),
          .accept_any_parent = true};
}

void reseal(MutableBytes file, std::uint64_t offset, std::uint64_t length,
            std::size_t field) {
  if (offset > file.size() || length > file.size() - offset) return;
  MutableBytes structure = file.subspan(offset, length);
  testing::put_big(structure, field, 4, testing::vhd_checksum(structure, field));
}

ByteVector make_file(Bytes input) {
  std::uint8_t choices = input.empty() ? 0 : std::to_integer<std::uint8_t>(input[0]);
  VhdBuilder file = make_skeleton(choices);
  auto structures = structures_of(file, choices);
  std::size_t at = 1;
  while (at + 4 <= input.size()) {
    std::uint64_t offset = structures[testing::get(input, at, 1) % structures.size()] +
                           testing::get(input, at + 1, 2);
    std::size_t length =
        std::min(testing::get(input, at + 3, 1), input.size() - at - 4);
    Bytes patch = input.subspan(at + 4, length);
    if (offset + length <= file.bytes.size()) {
      std::ranges::copy(patch,
                        file.bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    }
    at += 4 + length;
  }
  if ((choices & kReseal) == 0) return file.bytes;
  for (std::size_t i : {0u, 1u}) reseal(file.bytes, structures[i], 512, 64);
  reseal(file.bytes, structures[2], structures[2] == 0 ? 0 : 1024, 36);
  return file.bytes;
}

// What opens has no block or header that breaks a rule, and the other way round.
void check(const power_cut::Content& file) {
  auto problems = check_image(file.device());
  auto image = open_image(file.device(), options(false));
  require(static_cast<bool>(problems));
  if (image) return;
  require(!problems->empty() || image.error().code() != Errc::corrupt ||
          examine_image(file.device())->format == ImageFormat::raw);
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  power_cut::Content file(fuzz::make_file(std::as_bytes(std::span(data, size))));
  if (!examine_image(file.device())) return 0;
  fuzz::check(file);
  fuzz::go_round(file, fuzz::options);
  return 0;
}
