// Files that a story's Windows volume has besides, written by the driver ntfs-3g:
// such as no program that works without a mount can make.
//
//   given:
//     - { file: '\Story\text.txt', lines: 5000, as: lznt1 }
//     - { file: '\Story\text.dll', lines: 5000, as: wof }

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/images/layout.h"
#include "harness/yaml.h"

namespace drydock::scenarios {

struct Given {
  // lznt1: its folder is compressed, and so the file.  wof: as Compact OS keeps
  // files, in chunks of 4 KiB, each of them stored.
  enum class Way : std::uint8_t { lznt1, wof };

  std::string path;  // in the Windows volume
  std::string text;
  Way way = Way::lznt1;
};

// bad_argument, naming the place, for what isn't one.
Result<Given> read_given(const harness::Yaml& node);

// Why no volume can be mounted here; "" where one can.
std::string unable_to_mount();

// Writes them to the Windows volume of the disk in `raw`.  `work` is a folder for
// files on the way.
Done write_given(const std::vector<Given>& given, const std::filesystem::path& raw,
                 const images::Layout& layout, const std::filesystem::path& work);

}  // namespace drydock::scenarios
