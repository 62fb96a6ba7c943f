// A file of the host, or one of its block devices, as a device.
//
// It is locked while open, against every program that asks: any number of
// readers, or one writer alone.  On Linux the locks are open-file-description
// locks, and QEMU's own image locks are among those seen.
//
// Threads: as BlockDevice says; reads don't disturb each other.

#pragma once

#include <filesystem>
#include <string>

#include "vhd/block_device.h"

namespace drydock {

struct FileOptions {
  bool writable = false;
  bool create = false;  // make an empty file; it may not exist yet.  Needs writable
};

// How much a device has moved so far, since it was opened.  --stats prints it.
struct Traffic {
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t flush_count = 0;
};

class FileDevice : public BlockDevice {
 public:
  // not_found where there is no such file; busy where another program holds it
  // in a way that excludes this one; read_only where the host doesn't let us
  // write; bad_argument for a directory, or where `create` meets a file;
  // io otherwise.
  static Result<std::shared_ptr<FileDevice>> open(const std::filesystem::path& path,
                                                  FileOptions options = {});

  virtual const std::filesystem::path& path() const = 0;
  virtual Traffic traffic() const = 0;
};

// Makes the entries of `directory` safe: what was created, renamed or removed
// in it before this returns will be found so after a power cut.  io where the
// host refuses.
Done flush_directory(const std::filesystem::path& directory);

}  // namespace drydock
