#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "vhd/base/try.h"
#include "vhd/file_device.h"

namespace drydock {

namespace {

Error host_error(std::string_view verb, int number) {
  Errc code = Errc::io;
  if (number == ENOENT || number == ENOTDIR) code = Errc::not_found;
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) code = Errc::no_space;
  if (number == EROFS || number == EACCES || number == EPERM) code = Errc::read_only;
  return Error(code,
               fmt::format("the host's {} says: {}", verb, std::strerror(number)));
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

// QEMU keeps shared locks on single bytes from 100 on for what it does with an
// image, and asks whether anybody holds a byte before it opens one (its
// block/file-posix.c).  A reader of ours therefore locks bytes below 100 only,
// and a QEMU that reads or writes beside it isn't hindered; a writer locks the
// whole file, and excludes both.
constexpr off_t kReaderLockLength = 100;

Done lock(int descriptor, FileOptions options) {
  struct flock range {};
  range.l_type = options.writable ? F_WRLCK : F_RDLCK;
  range.l_whence = SEEK_SET;
  range.l_len = options.writable ? 0 : kReaderLockLength;  // 0 is to the end
  if (::fcntl(descriptor, F_OFD_SETLK, &range) == 0) return {};
  if (errno == EAGAIN || errno == EACCES) {
    return Error(Errc::busy,
                 options.writable
                     ? "another program has this file open; stop it, and try again"
                     : "another program is writing to this file; wait until it ends");
  }
  // Some network file systems have no locks to give.
  if (errno == ENOLCK || errno == EOPNOTSUPP || errno == EINVAL) return {};
  return host_error("fcntl", errno);
}

class PosixFile final : public FileDevice {
 public:
  PosixFile(std::filesystem::path path, Descriptor descriptor, std::uint64_t size,
            bool writable, bool regular)
      : path_(std::move(path)),
        descriptor_(std::move(descriptor)),
        size_(size),
        writable_(writable),
        regular_(regular) {}

  const std::filesystem::path& path() const override { return path_; }
  Traffic traffic() const override {
    return {.bytes_read = bytes_read_.load(std::memory_order_relaxed),
            .bytes_written = bytes_written_,
            .flush_count = flush_count_};
  }
  std::uint64_t size() const override { return size_; }
  std::uint32_t sector_size() const override { return 512; }
  bool writable() const override { return writable_; }

 private:
  Done do_read(std::uint64_t offset, MutableBytes into) const override {
    std::size_t done = 0;
    while (done < into.size()) {
      ssize_t count = ::pread(descriptor_.number(), into.data() + done,
                              into.size() - done, static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return host_error("read", errno).in(path_.string());
      if (count == 0) {
        return Error(Errc::io, "the file became shorter while it was open")
            .in(path_.string());
      }
      done += static_cast<std::size_t>(count);
    }
    bytes_read_.fetch_add(into.size(), std::memory_order_relaxed);
    return {};
  }

  Done do_write(std::uint64_t offset, Bytes from) override {
    std::size_t done = 0;
    while (done < from.size()) {
      ssize_t count = ::pwrite(descriptor_.number(), from.data() + done,
                               from.size() - done, static_cast<off_t>(offset + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return host_error("write", errno).in(path_.string());
      done += static_cast<std::size_t>(count);
    }
    bytes_written_ += from.size();
    return {};
  }

  // A hole where the host can make one; else zeros are written.
  Done do_zero(std::uint64_t offset, std::uint64_t length) override {
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (regular_ && ::fallocate(descriptor_.number(), mode, static_cast<off_t>(offset),
                                static_cast<off_t>(length)) == 0) {
      return {};
    }
    return write_zeros(offset, length);
  }
  Done do_trim(std::uint64_t offset, std::uint64_t length) override {
    return do_zero(offset, length);
  }

  Done do_flush() override {
    ++flush_count_;
    if (::fdatasync(descriptor_.number()) == 0) return {};
    return host_error("fdatasync", errno).in(path_.string());
  }

  Done do_resize(std::uint64_t size) override {
    if (!regular_) return Error(Errc::unsupported, "a block device can't be resized");
    if (::ftruncate(descriptor_.number(), static_cast<off_t>(size)) != 0) {
      return host_error("ftruncate", errno).in(path_.string());
    }
    size_ = size;
    return {};
  }

  Result<Extent> do_extent(std::uint64_t offset) const override {
    Extent unknown{.length = size_ - offset, .zero = false};
    if (!regular_) return unknown;
    off_t data = ::lseek(descriptor_.number(), static_cast<off_t>(offset), SEEK_DATA);
    if (data < 0) {
      if (errno != ENXIO) return unknown;  // This host can't tell holes.
      return Extent{.length = size_ - offset, .zero = true};
    }
    auto data_offset = std::min(static_cast<std::uint64_t>(data), size_);
    if (data_offset > offset)
      return Extent{.length = data_offset - offset, .zero = true};
    off_t hole = ::lseek(descriptor_.number(), data, SEEK_HOLE);
    if (hole <= data) return unknown;
    return Extent{.length = std::min(static_cast<std::uint64_t>(hole), size_) - offset,
                  .zero = false};
  }

  std::filesystem::path path_;
  Descriptor descriptor_;
  std::uint64_t size_;
  bool writable_;
  bool regular_;
  mutable std::atomic<std::uint64_t> bytes_read_ = 0;
  std::uint64_t bytes_written_ = 0;
  std::uint64_t flush_count_ = 0;
};

// A regular file's own size; for a block device, what the kernel says.
Result<std::uint64_t> size_of(int descriptor, const struct stat& facts) {
  if (S_ISREG(facts.st_mode)) return static_cast<std::uint64_t>(facts.st_size);
  if (!S_ISBLK(facts.st_mode)) {
    return Error(Errc::bad_argument, "this is neither a file nor a block device");
  }
  std::uint64_t size = 0;
  if (::ioctl(descriptor, BLKGETSIZE64, &size) != 0) return host_error("ioctl", errno);
  return size;
}

Result<std::shared_ptr<FileDevice>> open_file(const std::filesystem::path& path,
                                              FileOptions options) {
  int flags = O_CLOEXEC | (options.writable ? O_RDWR : O_RDONLY);
  if (options.create) flags |= O_CREAT | O_EXCL;
  // A FIFO would keep open() waiting for a writer that may never come.
  Descriptor descriptor(::open(path.c_str(), flags | O_NONBLOCK, 0644));
  if (descriptor.number() < 0) {
    if (errno == EEXIST)
      return Error(Errc::bad_argument, "there is a file here already");
    if (errno == EISDIR) return Error(Errc::bad_argument, "this is a directory");
    if (errno == ENOENT) return Error(Errc::not_found, "there is no such file");
    if (errno == EACCES && !options.writable) {
      return Error(Errc::io, "the host doesn't let this user read the file");
    }
    return host_error("open", errno);
  }
  struct stat facts {};
  if (::fstat(descriptor.number(), &facts) != 0) return host_error("fstat", errno);
  if (S_ISDIR(facts.st_mode)) return Error(Errc::bad_argument, "this is a directory");
  std::uint64_t size = TRY(size_of(descriptor.number(), facts));
  TRY(lock(descriptor.number(), options));
  return std::make_shared<PosixFile>(path, std::move(descriptor), size,
                                     options.writable, S_ISREG(facts.st_mode));
}

}  // namespace

Result<std::shared_ptr<FileDevice>> FileDevice::open(const std::filesystem::path& path,
                                                     FileOptions options) {
  return open_file(path, options).in(path.string());
}

Done flush_directory(const std::filesystem::path& directory) {
  Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.number() < 0) return host_error("open", errno).in(directory.string());
  if (::fsync(descriptor.number()) == 0) return {};
  return host_error("fsync", errno).in(directory.string());
}

}  // namespace drydock
