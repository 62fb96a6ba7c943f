// A File is a found name: what the file system says of it, and its bytes.
//
// It is a value: copies are the same file.  It keeps its volume alive, and
// after the file was removed or renamed by its name its stat() is history.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vhd/block_device.h"

namespace drydock {

enum class FileKind : std::uint8_t { file, directory, reparse_point };

std::string_view to_string(FileKind kind);

// Windows' own attribute bits ([MS-FSCC] 2.6), on NTFS and FAT alike.
namespace attribute {
inline constexpr std::uint32_t read_only = 0x1;
inline constexpr std::uint32_t hidden = 0x2;
inline constexpr std::uint32_t system = 0x4;
inline constexpr std::uint32_t directory = 0x10;
inline constexpr std::uint32_t archive = 0x20;
inline constexpr std::uint32_t temporary = 0x100;
inline constexpr std::uint32_t sparse = 0x200;
inline constexpr std::uint32_t reparse_point = 0x400;
inline constexpr std::uint32_t compressed = 0x800;
inline constexpr std::uint32_t offline = 0x1000;
inline constexpr std::uint32_t not_content_indexed = 0x2000;
inline constexpr std::uint32_t encrypted = 0x4000;
}  // namespace attribute

// Ticks of 100 ns since 1601-01-01 UTC: Windows' FILETIME.  0 is "not kept".
using FileTime = std::uint64_t;

// "2024-01-02T03:04:05Z": what --json prints.
std::string to_string_utc(FileTime time);

struct Stat {
  FileKind kind = FileKind::file;
  std::uint64_t size = 0;  // in bytes, of the unnamed data stream
  std::uint32_t attributes = 0;
  FileTime created = 0;
  FileTime modified = 0;
  FileTime changed = 0;  // NTFS: the record itself; 0 on FAT
  FileTime accessed = 0;
  // NTFS: the record's number (48 bits) and sequence (16, on top), the
  // security id ($Secure) and the count of hard links.  FAT: the first
  // cluster, nothing, 1.
  std::uint64_t id = 0;
  std::optional<std::uint32_t> security_id = std::nullopt;
  std::uint32_t link_count = 1;
};

// Bytes of a file beside those that its name alone means.
struct Stream {
  std::string name;
  std::uint64_t size = 0;       // in bytes, as is the other
  std::uint64_t allocated = 0;  // on the volume
};

// That a file stands for something which isn't kept in it.
struct ReparsePoint {
  std::uint32_t tag = 0;
  std::string kind;    // "symbolic_link", "mount_point"; "unknown"
  std::string target;  // of a link, as it is written there; "" of others
};

// What takes more than a look at the file's own record.
struct Details {
  // How the data is kept: "clusters", and on NTFS "resident" (in the record),
  // "sparse", "LZNT1", "EFS", "WOF XPRESS 4K", "WOF LZX", ...; "none" of what has
  // no data.
  std::string stored;
  std::uint64_t allocated = 0;  // for it, in bytes
  std::vector<Stream> streams;  // NTFS: those that have names, by name
  // NTFS: every path that is this file, by path; 8.3 aliases aren't.
  std::vector<std::string> names;
  std::string short_name;  // its alias where it was found; "" for none
  std::optional<ReparsePoint> reparse_point = std::nullopt;
  // NTFS: the security descriptor, self-relative ([MS-DTYP] 2.4.6).
  std::optional<ByteVector> security = std::nullopt;
};

// One name in a directory.
struct Entry {
  std::string name;  // UTF-8, or WTF-8 where NTFS holds unpaired surrogates
  Stat stat;
};

class File {
 public:
  // What stands behind a File; each file system brings its own.
  class Body {
   public:
    virtual ~Body() = default;
    virtual Result<DevicePtr> data() const = 0;
    virtual Result<Details> details() const = 0;
  };

  File(Stat stat, std::shared_ptr<const Body> body)
      : stat_(stat), body_(std::move(body)) {}

  const Stat& stat() const { return stat_; }
  bool is_directory() const { return stat_.kind == FileKind::directory; }

  // The data as a device, writable and resizable where the volume is writable: of
  // the stream that was named, else the unnamed one.  bad_argument for a directory;
  // unsupported for bytes that are stored in a way that we don't read (EFS).
  Result<DevicePtr> data() const { return body_->data(); }

  Result<Details> details() const { return body_->details(); }

  // For the file system that made it.
  const std::shared_ptr<const Body>& body() const { return body_; }

 private:
  Stat stat_;
  std::shared_ptr<const Body> body_;
};

// The whole of a file's data.  corrupt where it is larger than `size_max`.
Result<ByteVector> read_file(const File& file, std::uint64_t size_max);

}  // namespace drydock
