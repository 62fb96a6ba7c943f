// A folder of the host for one piece of work, gone with it.

#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include "vhd/base/bytes.h"
#include "vhd/base/result.h"

namespace drydock::harness {

class WorkFolder {
 public:
  // In the host's folder for such things.  io where that refuses.
  static Result<WorkFolder> create();
  WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~WorkFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const {
    return path_ / name;
  }

 private:
  explicit WorkFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// A whole file of the host.  io where the host refuses.
Result<ByteVector> read_host_file(const std::filesystem::path& path);
Done write_host_file(const std::filesystem::path& path, Bytes content);

}  // namespace drydock::harness
