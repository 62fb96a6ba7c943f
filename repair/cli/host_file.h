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

// What becomes of a file that has the wanted name already.
enum class Existing : std::uint8_t { refuse, replace };

// When what is kept is safe from a power cut.
enum class Flush : std::uint8_t { now, later };

// A file being written: under another name beside the wanted one until keep(),
// so that nobody ever finds half of it.  Dropped without keep(), it is removed.
class HostFile {
 public:
  static Result<HostFile> create(const std::filesystem::path& path);
  // The same; bad_argument where there is a file of that name already that isn't to
  // be replaced, or anything but a file.
  static Result<HostFile> create_new(const std::filesystem::path& path,
                                     Existing existing);
  HostFile(HostFile&&) = default;
  ~HostFile();

  Done append(Bytes bytes);
  // For who writes it in another order.
  const std::shared_ptr<FileDevice>& device() const { return file_; }
  // Flushes it and gives it its name, replacing what had it.  `later` leaves the
  // flush to who keeps many, but where a file is replaced: whatever becomes of the
  // host, its name is that of all the old bytes or of all the new.
  Done keep(Flush flush = Flush::now);

 private:
  HostFile(std::filesystem::path path, std::filesystem::path part,
           std::shared_ptr<FileDevice> file)
      : path_(std::move(path)), part_(std::move(part)), file_(std::move(file)) {}

  std::filesystem::path path_;
  std::filesystem::path part_;
  std::shared_ptr<FileDevice> file_;
};

}  // namespace drydock::cli
