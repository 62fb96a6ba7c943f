// VHDX images of strangers: examined, read, and written to.
//
// What must hold for every input: what can be opened can be read in full; a
// writable image shows what a read-only one did; and what was written and
// flushed is there when the file is opened again, and nothing else has changed.

#include <cstdlib>

#include "harness/power_cut/host.h"
#include "tests/fuzz/vhdx_input.h"
#include "vhd/image.h"
#include "vhd/memory_device.h"

namespace drydock::fuzz {
namespace {

using testing::kMiB;

// Two looks at one place, some of them where blocks and sectors meet.
constexpr std::size_t kLook = 1024;
constexpr int kExtentsMax = 64;

void require(bool statement) {
  if (!statement) std::abort();
}

MakeGuid counting_guids() {
  return [count = std::make_shared<std::uint64_t>(0)]() -> Result<Guid> {
    Guid guid;
    testing::put(guid.bytes, 0, 8, ++*count);
    return guid;
  };
}

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

// What `image` shows at some places.
std::vector<ByteVector> look(const BlockDevice& image,
                             const std::vector<std::uint64_t>& places) {
  std::vector<ByteVector> seen;
  for (std::uint64_t at : places) {
    ByteVector bytes(std::min<std::uint64_t>(kLook, image.size() - at));
    require(static_cast<bool>(image.read(at, bytes)));
    seen.push_back(std::move(bytes));
  }
  return seen;
}

// The starts of extents, and what lies on both sides of them.
std::vector<std::uint64_t> places_of(const BlockDevice& image) {
  std::vector<std::uint64_t> places = {0, image.size() - 512};
  std::uint64_t at = 0;
  for (int i = 0; i < kExtentsMax && at < image.size(); ++i) {
    auto extent = image.extent(at);
    require(extent && extent->length > 0 && extent->length <= image.size() - at);
    if (extent->zero) {
      ByteVector bytes(std::min<std::uint64_t>(kLook, extent->length));
      require(static_cast<bool>(image.read(at, bytes)));
      require(is_zero(bytes));
    }
    places.push_back(at);
    if (at >= 512) places.push_back(at - 512);
    at += extent->length;
  }
  return places;
}

void reopen(const power_cut::Host& host, const std::vector<std::uint64_t>& places,
            const std::vector<ByteVector>& seen) {
  auto again = open_image(host.files().at("a").device(), options(false));
  require(again && (*again)->facts().log == ImageLog::clean);
  for (std::size_t i = 0; i < places.size(); ++i) {
    ByteVector bytes(seen[i].size());  // the disk may have grown meanwhile
    require(static_cast<bool>((*again)->read(places[i], bytes)) && bytes == seen[i]);
  }
}

void write_and_reopen(const power_cut::Content& content,
                      const std::vector<std::uint64_t>& places,
                      std::vector<ByteVector> seen) {
  std::shared_ptr<power_cut::Host> host = power_cut::Host::start({{"a", content}});
  auto image = open_image(*host->open_for_writing("a"), options(true));
  if (!image) return;  // A header's number may leave none for the next.
  require(look(**image, places) == seen);
  for (std::size_t i = 0; i < places.size(); i += 2) {
    if (!(*image)->write(places[i], seen[i])) return;
    ByteVector bytes(seen[i].size(), static_cast<std::byte>(0x80 + i % 64));
    if (!(*image)->write(places[i], bytes)) return;
  }
  if (!(*image)->zero(places[0], std::min((*image)->size(), 3 * kMiB / 2))) return;
  seen = look(**image, places);
  if (!(*image)->flush()) return;
  reopen(*host, places, seen);
  // A disk that grows and a file that is compacted show what they showed.
  bool small = (*image)->size() <= 16 * kMiB;
  if (small && !(*image)->resize((*image)->size() + 3 * kMiB)) return;
  if (small && !(*image)->compact({})) return;
  reopen(*host, places, seen);
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace drydock;
  power_cut::Content file = fuzz::make_file(std::as_bytes(std::span(data, size)));
  auto facts = examine_image(file.device());
  auto image = open_image(file.device(), fuzz::options(false));
  if (!image) return 0;
  fuzz::require(facts && !facts->refusal && facts->virtual_size == (*image)->size());
  std::vector<std::uint64_t> places = fuzz::places_of(**image);
  fuzz::write_and_reopen(file, places, fuzz::look(**image, places));
  return 0;
}
