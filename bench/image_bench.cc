// Reading a dynamic VHDX, beside pread on the raw file of the same bytes and
// libvhdi on the same VHDX.  Each reader's bytes are checked first.
//
//   image_bench RAW VHDX [benchmark options]

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <libvhdi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <random>
#include <string>

#include "vhd/file_device.h"
#include "vhd/image.h"

namespace {

using drydock::ByteVector;
using drydock::MutableBytes;

// One way to read the disk.
struct Reader {
  std::string name;
  std::function<bool(std::uint64_t offset, MutableBytes into)> read;
};

void sequential(benchmark::State& state, const Reader& reader, std::uint64_t size) {
  ByteVector buffer(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (std::uint64_t at = 0; at + buffer.size() <= size; at += buffer.size()) {
      if (!reader.read(at, buffer)) return state.SkipWithError("a read failed");
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void random_4k(benchmark::State& state, const Reader& reader, std::uint64_t size) {
  ByteVector buffer(4096);
  std::mt19937_64 dice(1);
  for (auto _ : state) {
    std::uint64_t at = dice() % (size / buffer.size()) * buffer.size();
    if (!reader.read(at, buffer)) return state.SkipWithError("a read failed");
  }
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

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: image_bench RAW VHDX [benchmark options]\n");
    return 64;
  }
  int raw = ::open(argv[1], O_RDONLY);
  auto file = drydock::FileDevice::open(argv[2]);
  if (raw < 0 || !file) return 1;
  auto image = drydock::open_image(*file);
  if (!image) {
    fmt::print(stderr, "{}\n", image.error().describe());
    return 1;
  }
  libvhdi_file_t* vhdi = nullptr;
  if (libvhdi_file_initialize(&vhdi, nullptr) != 1 ||
      libvhdi_file_open(vhdi, argv[2], LIBVHDI_OPEN_READ, nullptr) != 1) {
    return 1;
  }
  std::uint64_t size = (*image)->size();
  const Reader readers[] = {
      {"pread",
       [raw](std::uint64_t at, MutableBytes into) {
         return ::pread(raw, into.data(), into.size(), static_cast<off_t>(at)) ==
                static_cast<ssize_t>(into.size());
       }},
      {"drydock",
       [&](std::uint64_t at, MutableBytes into) {
         return static_cast<bool>((*image)->read(at, into));
       }},
      {"libvhdi",
       [vhdi](std::uint64_t at, MutableBytes into) {
         return libvhdi_file_read_buffer_at_offset(vhdi, into.data(), into.size(),
                                                   static_cast<off64_t>(at), nullptr) ==
                static_cast<ssize_t>(into.size());
       }},
  };
  for (const Reader& reader : readers) {
    if (same(readers[0], reader, size)) continue;
    fmt::print(stderr, "{} reads other bytes than pread\n", reader.name);
    return 1;
  }
  for (const Reader& reader : readers) {
    benchmark::RegisterBenchmark(
        ("sequential/" + reader.name).c_str(),
        [&](benchmark::State& s) { sequential(s, reader, size); })
        ->Arg(1 << 20)
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(
        ("random_4k/" + reader.name).c_str(),
        [&](benchmark::State& s) { random_4k(s, reader, size); });
  }
  argv[2] = argv[0];
  int rest = argc - 2;
  benchmark::Initialize(&rest, argv + 2);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
