// Files in a FAT file system inside a disk's raw image, by mtools: what makes
// and wounds a system partition here isn't what reads it afterwards.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::images {

class Mtools {
 public:
  // The file system that begins at `offset` bytes of `raw`.
  Mtools(const std::filesystem::path& raw, std::uint64_t offset);

  // Paths take back slashes and start with one.  Whatever is made is dated
  // kBuildTime.
  Done make_folder(std::string_view path) const;
  // Replaces a file that is there.
  Done put(const std::filesystem::path& host_file, std::string_view path) const;
  Done remove(std::string_view path) const;
  Done get(std::string_view path, const std::filesystem::path& host_file) const;

 private:
  Done run(std::vector<std::string> argv) const;

  std::string image_;
};

}  // namespace drydock::images
