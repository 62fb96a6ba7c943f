#include <fmt/format.h>
#include <windows.h>
#include <winioctl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
#include "vhd/file_device.h"

namespace drydock {

namespace {

std::string words_of_system(DWORD number) {
  std::array<wchar_t, 512> text{};
  DWORD length = ::FormatMessageW(
      FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, number, 0,
      text.data(), static_cast<DWORD>(text.size()), nullptr);
  std::string words = to_utf8({reinterpret_cast<const char16_t*>(text.data()), length});
  words.erase(words.find_last_not_of("\r\n .") + 1);  // It ends with ".\r\n".
  return words.empty() ? fmt::format("error {}", number) : words;
}

Error host_error(std::string_view verb, DWORD number) {
  Errc code = Errc::io;
  switch (number) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_DRIVE:
    case ERROR_INVALID_NAME:
      code = Errc::not_found;
      break;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_FILE_TOO_LARGE:
      code = Errc::no_space;
      break;
    case ERROR_ACCESS_DENIED:
    case ERROR_WRITE_PROTECT:
      code = Errc::read_only;
      break;
    default:
      break;
  }
  return Error(code,
               fmt::format("the host's {} says: {}", verb, words_of_system(number)));
}

class Handle {
 public:
  explicit Handle(HANDLE value) : value_(value) {}
  Handle(Handle&& other) noexcept
      : value_(std::exchange(other.value_, INVALID_HANDLE_VALUE)) {}
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (value_ != INVALID_HANDLE_VALUE) ::CloseHandle(value_);
  }
  HANDLE get() const { return value_; }

 private:
  HANDLE value_;
};

// At most this goes through one ReadFile or WriteFile, which count in 32 bits.
constexpr std::size_t kTransferMax = 1 << 30;

// Where a read or write takes place: a handle's own position isn't used, so that
// threads don't disturb each other.
OVERLAPPED place_of(std::uint64_t offset) {
  OVERLAPPED place{};
  place.Offset = static_cast<DWORD>(offset);
  place.OffsetHigh = static_cast<DWORD>(offset >> 32);
  return place;
}

LARGE_INTEGER large(std::uint64_t value) {
  LARGE_INTEGER number{};
  number.QuadPart = static_cast<LONGLONG>(value);
  return number;
}

class WindowsFile final : public FileDevice {
 public:
  WindowsFile(std::filesystem::path path, Handle handle, std::uint64_t size,
              bool writable, bool sparse)
      : path_(std::move(path)),
        handle_(std::move(handle)),
        size_(size),
        writable_(writable),
        sparse_(sparse) {}

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
    std::uint64_t size = into.size();
    while (!into.empty()) {
      OVERLAPPED place = place_of(offset);
      auto asked = static_cast<DWORD>(std::min(into.size(), kTransferMax));
      DWORD count = 0;
      if (::ReadFile(handle_.get(), into.data(), asked, &count, &place) == 0 &&
          ::GetLastError() != ERROR_HANDLE_EOF) {
        return host_error("ReadFile", ::GetLastError()).in(path_.string());
      }
      if (count == 0) {
        return Error(Errc::io, "the file became shorter while it was open")
            .in(path_.string());
      }
      into = into.subspan(count);
      offset += count;
    }
    bytes_read_.fetch_add(size, std::memory_order_relaxed);
    return {};
  }

  Done do_write(std::uint64_t offset, Bytes from) override {
    std::uint64_t size = from.size();
    while (!from.empty()) {
      OVERLAPPED place = place_of(offset);
      auto asked = static_cast<DWORD>(std::min(from.size(), kTransferMax));
      DWORD count = 0;
      if (::WriteFile(handle_.get(), from.data(), asked, &count, &place) == 0) {
        return host_error("WriteFile", ::GetLastError()).in(path_.string());
      }
      from = from.subspan(count);
      offset += count;
    }
    bytes_written_ += size;
    return {};
  }

  // In a sparse file this gives space back; in another, NTFS itself writes the
  // zeros.  Not every file system knows it.
  Done do_zero(std::uint64_t offset, std::uint64_t length) override {
    FILE_ZERO_DATA_INFORMATION range{large(offset), large(offset + length)};
    DWORD ignored = 0;
    if (::DeviceIoControl(handle_.get(), FSCTL_SET_ZERO_DATA, &range, sizeof(range),
                          nullptr, 0, &ignored, nullptr) != 0) {
      return {};
    }
    return write_zeros(offset, length);
  }
  // Only a sparse file has space to give back.
  Done do_trim(std::uint64_t offset, std::uint64_t length) override {
    return sparse_ ? do_zero(offset, length) : Done();
  }

  Done do_flush() override {
    ++flush_count_;
    if (::FlushFileBuffers(handle_.get()) != 0) return {};
    return host_error("FlushFileBuffers", ::GetLastError()).in(path_.string());
  }

  Done do_resize(std::uint64_t size) override {
    FILE_END_OF_FILE_INFO end{large(size)};
    if (::SetFileInformationByHandle(handle_.get(), FileEndOfFileInfo, &end,
                                     sizeof(end)) == 0) {
      return host_error("SetFileInformationByHandle", ::GetLastError())
          .in(path_.string());
    }
    size_ = size;
    return {};
  }

  Result<Extent> do_extent(std::uint64_t offset) const override {
    Extent unknown{.length = size_ - offset, .zero = false};
    if (!sparse_) return unknown;
    FILE_ALLOCATED_RANGE_BUFFER asked{large(offset), large(size_ - offset)};
    FILE_ALLOCATED_RANGE_BUFFER first{};
    DWORD size = 0;
    if (::DeviceIoControl(handle_.get(), FSCTL_QUERY_ALLOCATED_RANGES, &asked,
                          sizeof(asked), &first, sizeof(first), &size, nullptr) == 0 &&
        ::GetLastError() != ERROR_MORE_DATA) {
      return unknown;
    }
    if (size == 0) return Extent{.length = size_ - offset, .zero = true};
    auto start = static_cast<std::uint64_t>(first.FileOffset.QuadPart);
    std::uint64_t end = start + static_cast<std::uint64_t>(first.Length.QuadPart);
    if (start > offset) {
      return Extent{.length = std::min(start, size_) - offset, .zero = true};
    }
    if (end <= offset) return unknown;
    return Extent{.length = std::min(end, size_) - offset, .zero = false};
  }

  std::filesystem::path path_;
  Handle handle_;
  std::uint64_t size_;
  bool writable_;
  bool sparse_;
  mutable std::atomic<std::uint64_t> bytes_read_ = 0;
  std::uint64_t bytes_written_ = 0;
  std::uint64_t flush_count_ = 0;
};

Error open_error(const std::filesystem::path& path, DWORD number,
                 const FileOptions& options) {
  switch (number) {
    case ERROR_FILE_EXISTS:
    case ERROR_ALREADY_EXISTS:
      return Error(Errc::bad_argument, "there is a file here already");
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
      return Error(Errc::not_found, "there is no such file");
    case ERROR_SHARING_VIOLATION:
      return Error(Errc::busy,
                   options.writable
                       ? "another program has this file open; stop it, and try again"
                       : "another program is writing to this file; wait until it ends");
    case ERROR_ACCESS_DENIED: {
      DWORD attributes = ::GetFileAttributesW(path.c_str());
      if (attributes != INVALID_FILE_ATTRIBUTES &&
          (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        return Error(Errc::bad_argument, "this is a directory");
      }
      if (!options.writable) {
        return Error(Errc::io, "the host doesn't let this user read the file");
      }
      return host_error("CreateFile", number);
    }
    default:
      return host_error("CreateFile", number);
  }
}

// What others may do with the file meanwhile is the lock: read it beside a
// reader, nothing beside a writer.  Renaming and removing it is left to them, as
// on other hosts.  A new file isn't made sparse: Hyper-V attaches no VHD or VHDX
// that is (its error 0xC03A001A says so).
Result<std::shared_ptr<FileDevice>> open_file(const std::filesystem::path& path,
                                              FileOptions options) {
  DWORD access = GENERIC_READ | (options.writable ? GENERIC_WRITE : 0);
  DWORD share = FILE_SHARE_DELETE | (options.writable ? 0 : FILE_SHARE_READ);
  Handle handle(::CreateFileW(path.c_str(), access, share, nullptr,
                              options.create ? CREATE_NEW : OPEN_EXISTING,
                              FILE_ATTRIBUTE_NORMAL, nullptr));
  if (handle.get() == INVALID_HANDLE_VALUE) {
    return open_error(path, ::GetLastError(), options);
  }
  BY_HANDLE_FILE_INFORMATION facts{};
  if (::GetFileType(handle.get()) != FILE_TYPE_DISK ||
      ::GetFileInformationByHandle(handle.get(), &facts) == 0) {
    return Error(Errc::unsupported, "on a Windows host, only files are opened");
  }
  std::uint64_t size = std::uint64_t{facts.nFileSizeHigh} << 32 | facts.nFileSizeLow;
  bool sparse = (facts.dwFileAttributes & FILE_ATTRIBUTE_SPARSE_FILE) != 0;
  return std::make_shared<WindowsFile>(path, std::move(handle), size, options.writable,
                                       sparse);
}

}  // namespace

Result<std::shared_ptr<FileDevice>> FileDevice::open(const std::filesystem::path& path,
                                                     FileOptions options) {
  return open_file(path, options).in(path.string());
}

// Windows documents no call that does this.  The entries are in the file system's
// own log, which isn't asked to hurry.
Done flush_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return {};
  return Error(Errc::io, "there is no such folder").in(directory.string());
}

}  // namespace drydock
