#include "repair/cli/host_file.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "vhd/base/try.h"

namespace drydock::cli {

Result<ByteVector> read_host_file(const std::string& path, std::uint64_t size_max) {
  auto file = TRY(FileDevice::open(path));
  return read_bytes(*file, 0, file->size(), size_max).in(path);
}

Result<ByteVector> read_standard_input(std::uint64_t size_max) {
  ByteVector bytes;
  std::array<std::byte, 65536> buffer;
  while (std::size_t count = std::fread(buffer.data(), 1, buffer.size(), stdin)) {
    if (count > size_max - bytes.size()) {
      return Error(Errc::bad_argument, fmt::format("more than {} bytes", size_max))
          .in("standard input");
    }
    bytes.insert(bytes.end(), buffer.begin(),
                 buffer.begin() + static_cast<std::ptrdiff_t>(count));
  }
  if (std::ferror(stdin) != 0) {
    return Error(Errc::io, "the host's read ended early").in("standard input");
  }
  return bytes;
}

Result<HostFile> HostFile::create(const std::filesystem::path& path) {
  std::error_code error;
  auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) {
    return Error(Errc::bad_argument, "this is a directory").in(path.string());
  }
  if (!std::filesystem::status_known(status)) {
    return Error(Errc::bad_argument, fmt::format("the host says: {}", error.message()))
        .in(path.string());
  }
  std::filesystem::path part = path;
  part += ".drydock-part";
  std::error_code ignored;
  if (std::filesystem::symlink_status(part, ignored).type() !=
      std::filesystem::file_type::not_found) {
    std::filesystem::remove(part, ignored);  // Left by a run that was killed.
  }
  auto file = TRY(FileDevice::open(part, {.writable = true, .create = true}));
  return HostFile(path, std::move(part), std::move(file));
}

Result<HostFile> HostFile::create_new(const std::filesystem::path& path,
                                      Existing existing) {
  std::error_code error;
  auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) return create(path);
  if (status.type() != std::filesystem::file_type::regular) {
    return Error(Errc::bad_argument, "this isn't a file").in(path.string());
  }
  if (existing == Existing::replace) return create(path);
  return Error(Errc::bad_argument, "there is a file here already (--force replaces it)")
      .in(path.string());
}

HostFile::~HostFile() {
  if (file_ == nullptr) return;
  file_.reset();
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
}

Done HostFile::append(Bytes bytes) {
  std::uint64_t end = file_->size();
  TRY(file_->resize(end + bytes.size()));
  return file_->write(end, bytes);
}

Done HostFile::keep(Flush flush) {
  std::error_code error;
  bool replaces = std::filesystem::symlink_status(path_, error).type() !=
                  std::filesystem::file_type::not_found;
  if (flush == Flush::now || replaces) TRY(file_->flush());
  std::filesystem::rename(part_, path_, error);
  if (error) {
    return Error(Errc::io, fmt::format("the host's rename says: {}", error.message()))
        .in(path_.string());
  }
  file_.reset();
  if (flush == Flush::later) return {};
  auto folder = path_.parent_path();
  return flush_directory(folder.empty() ? "." : folder);
}

}  // namespace drydock::cli
