// What the kernel asks of a mounted volume, answered from a FileSystem.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "ntfs/file_system.h"

struct fuse_operations;
struct fuse_config;
struct stat;

namespace drydock::mount {

// Threads: one at a time, as the FileSystem's.
class Operations {
 public:
  // `volume` must outlive it.
  Operations(FileSystem& volume, bool writable);

  // For fuse_new(), whose private data the Operations are.
  static const fuse_operations& table();

  // Each gives 0, or an errno below it; paths are "/a/b".
  int look(const char* path, struct stat& facts) const;
  int list(const char* path, const std::function<bool(const Entry&)>& visit) const;
  int read_link(const char* path, std::string& target) const;
  int open(const char* path, std::uint64_t& handle);
  int create(const char* path, std::uint64_t& handle);
  void close(std::uint64_t handle);
  // How many bytes, or an errno below 0.
  int read(std::uint64_t handle, MutableBytes into, std::uint64_t offset);
  int write(std::uint64_t handle, Bytes from, std::uint64_t offset);
  int resize(const char* path, std::uint64_t size);
  int remove(const char* path, FileKind kind);
  int make_directory(const char* path);
  int rename(const char* from, const char* to, bool may_replace);
  int flush();
  // Of the volume as it is: after a change, its free space is counted anew.
  const VolumeFacts& facts();
  bool writable() const { return writable_; }

 private:
  // A file that is open, be it several times.
  struct OpenFile {
    DevicePtr data;
    std::uint64_t id = 0;
    std::uint32_t count = 1;
  };

  int keep(const File& file, std::uint64_t& handle);
  // The volume, for a call that changes it.
  FileSystem& changing();

  FileSystem& volume_;
  bool writable_;
  bool has_ids_ = false;  // each file's own: NTFS
  VolumeFacts facts_;
  bool facts_are_old_ = true;
  std::map<std::uint64_t, OpenFile> open_;  // by handle
  std::uint64_t next_handle_ = 1;
};

}  // namespace drydock::mount
