// Writes of 4 KiB that each need a new block, with a flush after every hundred.
//
//   image_writes IMAGE COUNT        as `qemu-io` does them on its standard input:
//   image_writes --words COUNT      the words for it
//
// Both write the same bytes to the same places.  What the file was given is printed:
// the writes' own bytes, and all that went to the file, log and headers included.

#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

#include "vhd/chain.h"

namespace {

constexpr std::uint64_t kBlockSize = 1 << 20;
constexpr std::size_t kWriteSize = 4096;
constexpr std::uint64_t kFlushEvery = 100;

// Some order in which every block comes once: 7919 is prime.
std::uint64_t place(std::uint64_t i, std::uint64_t count) {
  return i * 7919 % count * kBlockSize;
}
unsigned value(std::uint64_t i) { return static_cast<unsigned>(i % 255 + 1); }

int print_words(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    fmt::print("write -q -P {} {} {}\n", value(i), place(i, count), kWriteSize);
    if ((i + 1) % kFlushEvery == 0) fmt::print("flush\n");
  }
  return 0;
}

drydock::Done write_all(drydock::Image& image, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    drydock::ByteVector bytes(kWriteSize, static_cast<std::byte>(value(i)));
    if (auto done = image.write(place(i, count), bytes); !done) return done;
    if ((i + 1) % kFlushEvery != 0) continue;
    if (auto done = image.flush(); !done) return done;
  }
  return image.flush();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: image_writes IMAGE|--words COUNT\n");
    return 64;
  }
  std::uint64_t count = std::strtoull(argv[2], nullptr, 10);
  if (std::string_view(argv[1]) == "--words") return print_words(count);
  auto file = drydock::FileDevice::open(argv[1], {.writable = true});
  if (!file) return 1;
  auto chain = drydock::open_chain(*file, {.writable = true});
  if (!chain || chain->image->size() < count * kBlockSize) return 1;
  if (auto done = write_all(*chain->image, count); !done) {
    fmt::print(stderr, "{}\n", done.error().describe());
    return 1;
  }
  drydock::Traffic traffic = (*file)->traffic();
  std::uint64_t own = count * kWriteSize;
  fmt::print("{} bytes written by {} writes; {} to the file, {} for each, {} flushes\n",
             own, count, traffic.bytes_written, (traffic.bytes_written - own) / count,
             traffic.flush_count);
  return 0;
}
