// Reading a dynamic VHDX, beside pread on the raw file of the same bytes and, where
// the image stands alone, libvhdi on the same VHDX.  Each reader's bytes are checked
// first.
//
//   image_speed RAW IMAGE
//
// A task is done by one and then the other, fifteen times; what is printed is the
// median of the ratios of such pairs, and between which of them it lies with 96 %
// (the fourth and the twelfth).

#include <fcntl.h>
#include <fmt/format.h>
#include <libvhdi.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "vhd/chain.h"

namespace {

using drydock::ByteVector;
using drydock::MutableBytes;

constexpr int kPairCount = 15;
constexpr int kRandomReadCount = 50'000;

// One way to read the disk.
struct Reader {
  std::string name;
  std::function<bool(std::uint64_t offset, MutableBytes into)> read;
};

bool read_in_order(const Reader& reader, std::uint64_t size) {
  ByteVector buffer(1 << 20);
  for (std::uint64_t at = 0; at + buffer.size() <= size; at += buffer.size()) {
    if (!reader.read(at, buffer)) return false;
  }
  return true;
}

bool read_anywhere(const Reader& reader, std::uint64_t size) {
  ByteVector buffer(4096);
  std::mt19937_64 dice(1);
  for (int i = 0; i < kRandomReadCount; ++i) {
    std::uint64_t at = dice() % (size / buffer.size()) * buffer.size();
    if (!reader.read(at, buffer)) return false;
  }
  return true;
}

bool same(const Reader& a, const Reader& b, std::uint64_t size) {
  ByteVector x(1 << 20);
  ByteVector y(1 << 20);
  for (std::uint64_t at = 0; at < size; at += x.size()) {
    std::size_t length = std::min<std::uint64_t>(x.size(), size - at);
    if (!a.read(at, MutableBytes(x).first(length))) return false;
    if (!b.read(at, MutableBytes(y).first(length))) return false;
    if (x != y) return false;
  }
  return true;
}

using Task = bool (*)(const Reader& reader, std::uint64_t size);

std::optional<double> seconds_of(Task task, const Reader& reader, std::uint64_t size) {
  auto start = std::chrono::steady_clock::now();
  if (!task(reader, size)) return std::nullopt;
  std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  return passed.count();
}

bool time_pairs(const std::string& name, Task task, const Reader& ours,
                const Reader& rival, std::uint64_t size) {
  std::vector<double> ratios, times, rival_times;
  for (int i = 0; i < kPairCount; ++i) {
    auto own = seconds_of(task, ours, size);
    auto other = seconds_of(task, rival, size);
    if (!own || !other) return false;
    ratios.push_back(*own / *other);
    times.push_back(*own);
    rival_times.push_back(*other);
  }
  for (auto* list : {&ratios, &times, &rival_times}) std::ranges::sort(*list);
  fmt::print("{:<24} {} {:8.3f} ms, {} {:8.3f} ms, ratio {:.2f} [{:.2f} .. {:.2f}]\n",
             name, ours.name, 1e3 * times[7], rival.name, 1e3 * rival_times[7],
             ratios[7], ratios[3], ratios[11]);
  return true;
}

Reader pread_of(int raw) {
  return {"pread", [raw](std::uint64_t at, MutableBytes into) {
            return ::pread(raw, into.data(), into.size(), static_cast<off_t>(at)) ==
                   static_cast<ssize_t>(into.size());
          }};
}

// Nothing where it can't be opened by itself.
std::optional<Reader> libvhdi_of(const char* path) {
  libvhdi_file_t* file = nullptr;
  if (libvhdi_file_initialize(&file, nullptr) != 1 ||
      libvhdi_file_open(file, path, LIBVHDI_OPEN_READ, nullptr) != 1) {
    return std::nullopt;
  }
  return Reader{"libvhdi", [file](std::uint64_t at, MutableBytes into) {
                  return libvhdi_file_read_buffer_at_offset(
                             file, into.data(), into.size(), static_cast<off64_t>(at),
                             nullptr) == static_cast<ssize_t>(into.size());
                }};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: image_speed RAW IMAGE\n");
    return 64;
  }
  int raw = ::open(argv[1], O_RDONLY);
  auto file = drydock::FileDevice::open(argv[2]);
  if (raw < 0 || !file) return 1;
  auto chain = drydock::open_chain(*file);
  if (!chain) {
    fmt::print(stderr, "{}\n", chain.error().describe());
    return 1;
  }
  const drydock::Image& image = *chain->image;
  std::uint64_t size = image.size();
  Reader ours{"drydock", [&](std::uint64_t at, MutableBytes into) {
                return static_cast<bool>(image.read(at, into));
              }};
  std::vector<Reader> rivals = {pread_of(raw)};
  if (chain->files.size() == 1) {
    if (auto vhdi = libvhdi_of(argv[2])) rivals.push_back(*vhdi);
  }
  for (const Reader& rival : rivals) {
    if (!same(ours, rival, size)) {
      fmt::print(stderr, "{} reads other bytes\n", rival.name);
      return 1;
    }
  }
  fmt::print("{} images deep, {} MiB\n", chain->files.size(), size >> 20);
  for (const Reader& rival : rivals) {
    if (!time_pairs("in order, 1 MiB", read_in_order, ours, rival, size)) return 1;
    if (!time_pairs("anywhere, 50000 x 4 KiB", read_anywhere, ours, rival, size)) {
      return 1;
    }
  }
  return 0;
}
