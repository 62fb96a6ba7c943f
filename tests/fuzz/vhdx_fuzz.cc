// VHDX images of strangers: examined, read, and written to.

#include "tests/fuzz/image_round.h"
#include "tests/fuzz/vhdx_input.h"
#include "vhd/memory_device.h"
#include "vhd/vhdx/blocks.h"

namespace drydock::fuzz {
namespace {

const power_cut::Content& skeleton(std::uint8_t choices) {
  static const std::array<power_cut::Content, 4> kSkeletons = {
      power_cut::Content(make_skeleton(0).bytes),
      power_cut::Content(make_skeleton(kPendingLog).bytes),
      power_cut::Content(make_skeleton(kChild).bytes),
      power_cut::Content(make_skeleton(kPendingLog | kChild).bytes)};
  return kSkeletons[choices / kPendingLog % 4];
}

// What a child stands on.
std::shared_ptr<const Image> parent() {
  static const std::shared_ptr<const Image> kParent = [] {
    VhdxBuilder file;
    for (unsigned block = 0; block < 8; ++block) file.add_block(block, 0xA0 + block);
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

void reseal(power_cut::Content& file, std::uint64_t offset, std::uint64_t length) {
  if (length < 8 || offset > file.size() || length > file.size() - offset) return;
  ByteVector structure(length);
  require(static_cast<bool>(file.read(offset, structure)));
  testing::put_checksum(structure);
  require(static_cast<bool>(file.write(offset + 4, Bytes(structure).subspan(4, 4))));
}

void reseal_all(power_cut::Content& file) {
  for (std::uint64_t header : VhdxBuilder::kHeader) reseal(file, header, 4096);
  for (std::uint64_t table : VhdxBuilder::kRegionTable) reseal(file, table, 0x10000);
  // The log's entries, of which no honest one of these images is longer.
  for (std::uint64_t at = 0; at < 0x8000; at += 4096) {
    ByteVector start(16);
    require(static_cast<bool>(file.read(VhdxBuilder::kLog + at, start)));
    std::uint64_t length = testing::get(start, 8, 4);
    if (as_text(Bytes(start).first(4)) != "loge" || length > 0x10000) continue;
    reseal(file, VhdxBuilder::kLog + at, length);
  }
}

power_cut::Content make_file(Bytes input) {
  std::uint8_t choices = input.empty() ? 0 : std::to_integer<std::uint8_t>(input[0]);
  power_cut::Content file = skeleton(choices);
  std::size_t at = 1;
  while (at + 4 <= input.size()) {
    std::uint64_t structure =
        kStructures[testing::get(input, at, 1) % kStructures.size()];
    std::uint64_t offset = testing::get(input, at + 1, 2);
    std::size_t length =
        std::min(testing::get(input, at + 3, 1), input.size() - at - 4);
    require(static_cast<bool>(
        file.write(structure + offset, input.subspan(at + 4, length))));
    at += 4 + length;
  }
  if ((choices & kReseal) != 0) reseal_all(file);
  return file;
}

// A table that is read on demand, as a large one is, shows what one shows that is read
// whole; where that isn't sound, it shows something or fails.
void look_on_demand(const power_cut::Content& file) {
  auto container = vhdx::read_container(file.device());
  if (!container) return;
  auto on_demand = vhdx::read_blocks(*container, parent(), {.whole_size_max = 0});
  auto whole = vhdx::read_blocks(*container, parent());
  require(on_demand || !whole);
  if (!on_demand) return;
  for (std::uint64_t at = 0; at < std::min(on_demand->virtual_size, 16 * kMiB);) {
    std::uint64_t length = on_demand->virtual_size - at;
    auto mapping = on_demand->map(at, length);
    ByteVector shown(std::min<std::uint64_t>(kLook, length));
    bool read = static_cast<bool>(on_demand->read(at, shown));
    if (whole) {
      ByteVector expected(shown.size());
      require(read && whole->read(at, expected) && shown == expected);
      require(mapping && mapping->length == whole->map(at, length)->length);
    }
    at += mapping ? mapping->length : kMiB;
  }
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  power_cut::Content file = fuzz::make_file(std::as_bytes(std::span(data, size)));
  fuzz::go_round(file, fuzz::options);
  fuzz::look_on_demand(file);
  return 0;
}
