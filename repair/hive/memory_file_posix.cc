#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "repair/hive/memory_file.h"
#include "vhd/base/try.h"

namespace drydock::hive {

namespace {

Error refused(std::string_view call) {
  return Error(Errc::io, fmt::format("{}: {}", call, std::strerror(errno)))
      .in("file in memory");
}

}  // namespace

Result<MemoryFile> MemoryFile::create(Bytes bytes) {
  MemoryFile file(::memfd_create("hive", MFD_CLOEXEC));
  if (file.descriptor_ < 0) return refused("memfd_create");
  while (!bytes.empty()) {
    ssize_t count = ::write(file.descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return refused("write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return file;
}

MemoryFile::MemoryFile(MemoryFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

MemoryFile& MemoryFile::operator=(MemoryFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

MemoryFile::~MemoryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::string MemoryFile::path() const {
  return fmt::format("/proc/self/fd/{}", descriptor_);
}

Result<ByteVector> MemoryFile::read() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0) return refused("fstat");
  ByteVector bytes(static_cast<std::size_t>(status.st_size));
  for (std::size_t done = 0; done < bytes.size();) {
    ssize_t count = ::pread(descriptor_, bytes.data() + done, bytes.size() - done,
                            static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return refused("pread");
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace drydock::hive
