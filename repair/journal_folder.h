// Where the journals of an image are kept: beside it on the host, or, in the
// harness, on a simulated disk that loses power.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "vhd/block_device.h"

namespace drydock::repair {

class JournalFolder {
 public:
  virtual ~JournalFolder() = default;

  // Names of this image's journals, in the order of their sequence numbers.
  virtual Result<std::vector<std::string>> list() const = 0;
  virtual Result<DevicePtr> open(const std::string& name, bool writable) const = 0;
  // An empty file whose name is safe: it is found after a power cut.
  virtual Result<DevicePtr> create(const std::string& name) = 0;
  virtual Done remove(const std::string& name) = 0;
  // As a person would look for it.
  virtual std::string describe(const std::string& name) const = 0;
};

// "disk.vhdx.0001.drydock" beside "disk.vhdx".
std::unique_ptr<JournalFolder> journals_beside(const std::filesystem::path& image);

}  // namespace drydock::repair
