// Files of the host that a command reads whole, or makes.

#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "vhd/file_device.h"

namespace drydock::cli {

// corrupt where there is more than `size_max`.
Result<ByteVector> read_host_file(const std::string& path, std::uint64_t size_max);
Result<ByteVector> read_standard_input(std::uint64_t size_max);

// A file being written: under another name beside the wanted one until keep(),
// so that nobody ever finds half of it.  Dropped without keep(), it is removed.
class HostFile {
 public:
  static Result<HostFile> create(const std::filesystem::path& path);
  HostFile(HostFile&&) = default;
  ~HostFile();

  Done append(Bytes bytes);
  // Flushes it and gives it its name, replacing what had it.
  Done keep();

 private:
  HostFile(std::filesystem::path path, std::filesystem::path part,
           std::shared_ptr<FileDevice> file)
      : path_(std::move(path)), part_(std::move(part)), file_(std::move(file)) {}

  std::filesystem::path path_;
  std::filesystem::path part_;
  std::shared_ptr<FileDevice> file_;
};

}  // namespace drydock::cli
