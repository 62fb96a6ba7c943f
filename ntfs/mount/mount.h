// A volume shown as a folder of the host, by FUSE 3.
//
// In two steps, so that the process that reads the volume needs no rights and opens no
// file: a MountPoint is made first, and gives a descriptor; whoever has the volume then
// answers the kernel's questions on it.
//
// Linux only, with /dev/fuse, and fusermount3 for those who aren't root.

#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "ntfs/file_system.h"

namespace drydock::mount {

struct MountOptions {
  bool writable = false;
  bool for_others = false;  // other users of the host may look, too
  std::string source;       // what df calls it: the image
};

class MountPoint {
 public:
  // Mounts over `folder`, which must be there.  bad_argument where it isn't a folder;
  // io where the host doesn't mount, for which libfuse's own words are on standard
  // error.
  static Result<MountPoint> create(const std::filesystem::path& folder,
                                   const MountOptions& options);
  // Takes the mount away, from under those who are in it too.
  ~MountPoint();
  MountPoint(MountPoint&&) noexcept;
  MountPoint& operator=(MountPoint&&) = delete;

  int descriptor() const;

 private:
  struct Impl;
  explicit MountPoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Answers until the mount is taken away, or a signal asks this process to stop; then
// what was written is flushed.  A reparse point is shown as a link, that of a relative
// symbolic link leads where it does on Windows, if that is in the volume.  Fails as
// flush() does.
Done serve(FileSystem& volume, int descriptor, const MountOptions& options);

}  // namespace drydock::mount
