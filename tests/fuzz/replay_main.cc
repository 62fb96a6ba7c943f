// Runs one fuzz target without a fuzzer: on its seeds, on a fixed number of
// mutations of each, and on the files of the folders that are named.
//
//   NAME_replay [--mutations N] [FOLDER...]   run
//   NAME_replay --write FOLDER                write the seeds there, for libFuzzer

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string_view>

#include "tests/fuzz/seeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using drydock::ByteVector;

// Enough to shake every field of a small seed, few enough for a plain test.
constexpr int kUsualMutations = 200;

void run(const ByteVector& input) {
  // A copy of just the size, so that a sanitizer sees the first byte too far.
  std::vector<std::uint8_t> exact(input.size());
  if (!input.empty()) std::memcpy(exact.data(), input.data(), input.size());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

ByteVector mutate(const ByteVector& seed, std::mt19937_64& random) {
  ByteVector bytes = seed;
  if (bytes.empty()) bytes.push_back(std::byte{0});
  for (auto count = 1 + random() % 4; count > 0; --count) {
    std::size_t at = random() % bytes.size();
    switch (random() % 5) {
      case 0:
        bytes[at] ^= static_cast<std::byte>(1u << random() % 8);
        break;
      case 1:
        bytes[at] = static_cast<std::byte>(random());
        break;
      case 2: {
        constexpr std::uint32_t kTelling[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
        std::uint32_t value = kTelling[random() % 5];
        std::memcpy(bytes.data() + at, &value,
                    std::min<std::size_t>(4, bytes.size() - at));
        break;
      }
      case 3:
        bytes.resize(at + 1);
        break;
      default:
        std::memmove(bytes.data() + at, bytes.data() + random() % bytes.size(), 1);
    }
  }
  return bytes;
}

ByteVector read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  auto bytes = drydock::bytes_of(text);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<ByteVector> seeds = drydock::fuzz::make_seeds();
  if (argc == 3 && std::string_view(argv[1]) == "--write") {
    std::filesystem::create_directories(argv[2]);
    for (std::size_t i = 0; i < seeds.size(); ++i) {
      std::ofstream file(fmt::format("{}/seed-{:03}", argv[2], i), std::ios::binary);
      auto text = drydock::as_text(seeds[i]);
      file.write(text.data(), static_cast<std::streamsize>(text.size()));
    }
    return 0;
  }
  int mutations = kUsualMutations;
  int first_folder = 1;
  if (argc > 2 && std::string_view(argv[1]) == "--mutations") {
    mutations = std::atoi(argv[2]);
    first_folder = 3;
  }
  std::mt19937_64 random(1);  // NOLINT: the same inputs at every run
  std::size_t count = 0;
  for (const ByteVector& seed : seeds) {
    run(seed);
    for (int i = 0; i < mutations; ++i) run(mutate(seed, random));
    count += 1 + static_cast<std::size_t>(mutations);
  }
  for (int i = first_folder; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      run(read_whole(entry.path()));
      ++count;
    }
  }
  fmt::print("{} inputs\n", count);
  return 0;
}
