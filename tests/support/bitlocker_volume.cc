// Makes a volume that BitLocker would have encrypted out of a plain one: for tests
// that aren't in C++, and for who wants to try one.
//
//   bitlocker_volume PLAIN OUT METHOD [clear] [recovery] [startup-key FILE] [tpm]
//
// METHOD is a number: 0x8000 to 0x8005.  The recovery password is the builder's own.

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/bitlocker_builder.h"

namespace {

using drydock::ByteVector;

ByteVector load(const char* path) {
  std::error_code error;
  std::uintmax_t size = std::filesystem::file_size(path, error);
  ByteVector bytes(error ? 0 : size);
  std::ifstream(path, std::ios::binary)
      .read(reinterpret_cast<char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

bool save(const char* path, const ByteVector& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(file.flush());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace drydock::testing;
  if (argc < 4) {
    fmt::print(stderr,
               "usage: bitlocker_volume PLAIN OUT METHOD [clear] [recovery] "
               "[startup-key FILE] [tpm]\n");
    return 64;
  }
  BitlockerBuild build{
      .method = static_cast<std::uint16_t>(std::strtoul(argv[3], nullptr, 0)),
      .clear_key = false};
  for (int i = 4; i < argc; ++i) {
    std::string word = argv[i];
    build.clear_key = build.clear_key || word == "clear";
    build.tpm = build.tpm || word == "tpm";
    if (word == "recovery") build.recovery = kBuiltRecovery;
    if (word == "startup-key" && i + 1 < argc) {
      build.startup_key = true;
      if (!save(argv[++i], built_startup_key())) return 1;
    }
  }
  ByteVector plain = load(argv[1]);
  std::uint64_t own = plain.size() == 0 ? 0 : built_head(plain.size(), build);
  if (plain.size() < (1 << 20) || plain.size() % 512 != 0 || own == 0) {
    fmt::print(stderr, "{}: a volume of a MiB at least, in whole sectors\n", argv[1]);
    return 1;
  }
  // What lies where BitLocker's own will be is lost: it must be nothing.
  drydock::Bytes bytes(plain);
  bool free = drydock::is_zero(bytes.subspan(own, build.head_size));
  for (std::uint64_t copy : built_copies(plain.size(), build)) {
    free = free && drydock::is_zero(bytes.subspan(copy, 65536));
  }
  if (!free) {
    fmt::print(stderr, "{}: its sectors at 5/8, 6/8 or 7/8 are in use\n", argv[1]);
    return 1;
  }
  return save(argv[2], build_bitlocker(plain, build)) ? 0 : 1;
}
