// The volumes of cryptsetup's test set, in the corpus: an archive of 16, with what
// opens each and, of 14, the SHA-256 of what it holds.

#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "tests/support/corpus.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"

namespace drydock {

inline constexpr const char* kBitlockerImages =
    "bitlocker/cryptsetup/bitlk-images.tar.xz";

// Unpacks `member` of the archive into `folder`; an empty path where that fails.
inline std::filesystem::path unpack_bitlocker(const std::filesystem::path& archive,
                                              const std::string& member,
                                              const TempFolder& folder) {
  run({"tar", "-C", folder.path().string(), "-xJSf", archive.string(),
       "--no-same-owner", "bitlk-images/" + member});
  std::filesystem::path file = folder.path() / "bitlk-images" / member;
  return std::filesystem::exists(file) ? file : std::filesystem::path();
}

// What images.conf says of `image`: "PW", "RP", "SHA256SUM" and so on.
inline std::map<std::string, std::string> read_bitlocker_conf(
    const std::filesystem::path& conf, const std::string& image) {
  std::map<std::string, std::string> values;
  std::ifstream file(conf);
  std::string line;
  for (bool here = false; std::getline(file, line);) {
    if (line.starts_with('[')) here = line == "[" + image + "]";
    std::size_t equals = line.find('=');
    if (here && equals != std::string::npos) {
      values[line.substr(0, equals)] = line.substr(equals + 1);
    }
  }
  return values;
}

}  // namespace drydock
