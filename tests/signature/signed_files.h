// The signed messages of real files, found without the code that is tested.

#pragma once

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "vhd/base/bytes.h"

namespace drydock {

inline std::string read_file_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Of a PE file, what its certificate table holds; of any other, the file.
inline std::vector<std::string> messages_of(const std::filesystem::path& path) {
  std::string file = read_file_whole(path);
  if (!file.starts_with("MZ")) return {file};
  auto number = [&](std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    if (at + size <= file.size()) std::memcpy(&value, file.data() + at, size);
    return value;
  };
  std::size_t optional_header = number(0x3c, 4) + 24;
  std::size_t entry =
      optional_header + (number(optional_header, 2) == 0x10b ? 128 : 144);
  std::size_t at = number(entry, 4), end = at + number(entry + 4, 4);
  std::vector<std::string> messages;
  while (at + 8 <= end && end <= file.size() && number(at, 4) > 8) {
    messages.push_back(file.substr(at + 8, number(at, 4) - 8));
    at += (number(at, 4) + 7) & ~std::size_t{7};
  }
  return messages;
}

// Those below `folder` with one of these endings, in order.
inline std::vector<std::filesystem::path> files_below(
    const std::filesystem::path& folder, const std::vector<std::string>& endings) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    for (const std::string& ending : endings) {
      if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace drydock
