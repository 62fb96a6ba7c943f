// What the fuzzers of containers do with an image once it is made: it is looked at,
// written to, given another size, compacted, and looked at again.

#pragma once

#include <cstdlib>
#include <memory>
#include <vector>

#include "harness/power_cut/host.h"
#include "tests/support/vhdx_builder.h"
#include "vhd/image.h"

namespace drydock::fuzz {

using testing::kMiB;

// Two looks at one place, some of them where blocks and sectors meet.
inline constexpr std::size_t kLook = 1024;
inline constexpr int kExtentsMax = 64;

inline void require(bool statement) {
  if (!statement) std::abort();
}

inline MakeGuid counting_guids() {
  return [count = std::make_shared<std::uint64_t>(0)]() -> Result<Guid> {
    Guid guid;
    testing::put(guid.bytes, 0, 8, ++*count);
    return guid;
  };
}

// What `image` shows at some places.
inline std::vector<ByteVector> look(const BlockDevice& image,
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
inline std::vector<std::uint64_t> places_of(const BlockDevice& image) {
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

// For reading, or for writing, with whatever parent the image has.
using OptionsFor = ImageOptions (*)(bool writable);

inline void reopen(const power_cut::Host& host, OptionsFor options,
                   const std::vector<std::uint64_t>& places,
                   const std::vector<ByteVector>& seen) {
  auto again = open_image(host.files().at("a").device(), options(false));
  require(again && (*again)->facts().log != ImageLog::pending);
  for (std::size_t i = 0; i < places.size(); ++i) {
    ByteVector bytes(seen[i].size());  // the disk may have grown meanwhile
    require(static_cast<bool>((*again)->read(places[i], bytes)) && bytes == seen[i]);
  }
}

inline void write_and_reopen(const power_cut::Content& content, OptionsFor options,
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
  reopen(*host, options, places, seen);
  // A disk that grows and a file that is compacted show what they showed.
  // A large block takes the simulated host seconds to write.
  bool small = (*image)->size() <= 16 * kMiB &&
               (*image)->facts().block_size.value_or(0) <= 16 * kMiB;
  if (small && !(*image)->resize((*image)->size() + 3 * kMiB)) return;
  if (small && !(*image)->compact({})) return;
  reopen(*host, options, places, seen);
}

// What must hold for every input: what can be opened can be read in full; a writable
// image shows what a read-only one did; and what was written and flushed is there when
// the file is opened again, and nothing else has changed.
inline void go_round(const power_cut::Content& file, OptionsFor options) {
  auto facts = examine_image(file.device());
  auto image = open_image(file.device(), options(false));
  if (!image) return;
  require(facts && !facts->refusal && facts->virtual_size == (*image)->size());
  std::vector<std::uint64_t> places = places_of(**image);
  write_and_reopen(file, options, places, look(**image, places));
}

}  // namespace drydock::fuzz
