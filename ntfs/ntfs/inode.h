// libntfs-3g's inodes and attributes, closed by themselves; and what is read
// of them: a file's Stat, and its names.
//
// Each may be open once only: see mount.h.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ntfs/file.h"
#include "ntfs/record/reference.h"
#include "vhd/base/result.h"

// libntfs-3g's own types, by their tags: its headers stay in the .cc files.
struct _ntfs_inode;
struct _ntfs_attr;
struct _ntfs_volume;
struct _ntfs_attr_search_ctx;

namespace drydock::ntfs {

class Mount;

// A file's bytes under one of the names that it may have several of.
struct StreamReference {
  Reference file;
  std::u16string name;  // "" is what is meant when no stream is named

  friend bool operator==(const StreamReference&, const StreamReference&) = default;
};

// NTFS's own files, by their numbers; they are read, never changed.
bool is_system(Reference file);

// A name in the library's units: UTF-16, little-endian in memory too.
std::vector<std::uint16_t> to_library(std::u16string_view name);

class Inode {
 public:
  // not_found where the record has another tenant by now, or none; corrupt
  // where it can't be believed.
  static Result<Inode> open(Mount& mount, Reference file);
  // Takes `inode`, which the library has just made.
  Inode(Mount& mount, _ntfs_inode* inode) : mount_(&mount), inode_(inode) {}
  Inode(Inode&& other) noexcept
      : mount_(other.mount_), inode_(std::exchange(other.inode_, nullptr)) {}
  Inode& operator=(Inode&& other) noexcept {
    std::swap(mount_, other.mount_);
    std::swap(inode_, other.inode_);
    return *this;
  }
  ~Inode();

  _ntfs_inode* get() const { return inode_; }
  Mount& mount() const { return *mount_; }
  Reference reference() const;
  bool is_directory() const;
  std::uint32_t attributes() const;  // as in Stat
  void clear_attributes(std::uint32_t bits);
  // `bits` of those in `mask`.
  void set_attributes(std::uint32_t bits, std::uint32_t mask);

  // Writes what was changed, and closes.  The destructor does so too, but has
  // nobody to tell of a failure.
  Done close();
  // Gives the inode to a call of the library that closes it.
  _ntfs_inode* release() { return std::exchange(inode_, nullptr); }

 private:
  Mount* mount_;
  _ntfs_inode* inode_;
};

// A stream of an open inode, which must outlive this.
class Attribute {
 public:
  // Nothing where there is none.  `type` is as on disk.
  static Result<std::optional<Attribute>> open(const Inode& inode, std::uint32_t type,
                                               std::u16string_view name = {});
  Attribute(Attribute&& other) noexcept
      : attribute_(std::exchange(other.attribute_, nullptr)) {}
  Attribute& operator=(Attribute&&) = delete;
  ~Attribute();

  _ntfs_attr* get() const { return attribute_; }

 private:
  explicit Attribute(_ntfs_attr* attribute) : attribute_(attribute) {}
  _ntfs_attr* attribute_;
};

// A file's inode and one of its streams, kept open together.
struct OpenData {
  Inode inode;
  Attribute data;
  std::u16string name;  // of the stream
};
// corrupt where it has no such stream.
Result<OpenData> open_data(Mount& mount, const StreamReference& stream);
Done close(OpenData file);

// One $FILE_NAME of a record.
struct NameRecord {
  enum class Space : std::uint8_t { posix, win32, dos, win32_and_dos };
  Reference parent;
  std::u16string name;
  Space space = Space::posix;
};

// The name of the stream that is meant by `asked`, as the file has it: the one so
// written, else one that differs in case only; else `asked` itself.
Result<std::u16string> stream_as_written(const Inode& inode, std::u16string_view asked);

Result<Stat> stat_of(const Inode& inode);
Result<std::vector<NameRecord>> names_of(const Inode& inode);

// A look through the attributes of an open inode, those in its other records too.
class Search {
 public:
  explicit Search(const Inode& inode);
  Search(const Search&) = delete;
  ~Search();
  // Null where memory is out.
  _ntfs_attr_search_ctx* get() { return context_; }

 private:
  _ntfs_attr_search_ctx* context_;
};

// The bytes of the attribute that was found, where they are resident and lie
// within their record.
Bytes resident_value(const _ntfs_attr_search_ctx& found);

// bad_argument for what nobody but NTFS itself may change: its own files, and
// those in $Extend.
Done check_ours(const Inode& inode);

}  // namespace drydock::ntfs
