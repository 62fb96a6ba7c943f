// A FileSystem turns names into files.
//
// Two stand behind it: NTFS, and the FAT32 of an EFI system partition, where
// a UEFI machine keeps its boot loader and its BCD.  What reads a hive or
// mends a boot file needn't know which one it is in.
//
// Paths are UTF-8 (WTF-8), take either slash, start at the root, and match as
// Windows matches them, without regard to case.  "" and "\" are the root.
// Reparse points aren't followed.
//
// Threads: one thread at a time for a volume and all of its files.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ntfs/file.h"
#include "vhd/block_device.h"

namespace drydock {

// Why a volume isn't as its last user should have left it.
enum class VolumeState : std::uint8_t {
  clean,
  dirty,           // Windows will run chkdsk at its next start
  log_unfinished,  // $LogFile holds work that was not applied
  hibernated,      // hiberfil.sys or a fast-start log: memory owns the volume
};

std::string_view to_string(VolumeState state);  // "log-unfinished"

struct VolumeFacts {
  std::string file_system;  // "ntfs", "fat32"
  std::string label;        // UTF-8
  std::string serial;       // "1234-5678" for FAT, 16 hex digits for NTFS
  std::uint64_t size = 0;   // in bytes
  std::uint64_t free = 0;   // in bytes
  std::uint32_t cluster_size = 0;
  // One `clean`, or each of the others that holds.
  std::vector<VolumeState> states;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Counting what is free reads the whole allocation map, at each call.
  virtual Result<VolumeFacts> facts() const = 0;

  // The states alone, as facts() gives them, without counting anything.
  virtual Result<std::vector<VolumeState>> states() const;

  // not_found where a name on the way, or the last, isn't there.
  virtual Result<File> find(std::string_view path) const = 0;

  // Calls `visit` for each name in `directory` until it returns false: in the
  // directory's own order, without "." and "..", 8.3 aliases left out.
  // bad_argument where it isn't a directory.
  using Visit = std::function<bool(const Entry&)>;
  virtual Done list(const File& directory, const Visit& visit) const = 0;

  // The rest change the volume.  All fail with read_only on a device that
  // isn't writable, with busy where the volume isn't clean (the words say
  // why), and with no_space when it is full.

  // Makes an empty file, or directory, with the security of its directory's
  // other files.  bad_argument where the name is taken or not one that Windows
  // allows; not_found where the directory isn't there.
  virtual Result<File> create(std::string_view path) = 0;
  virtual Result<File> create_directory(std::string_view path) = 0;

  // Removes one name; a directory must be empty (bad_argument).
  virtual Done remove(std::string_view path) = 0;

  // Gives a file another name, perhaps in another directory of this volume.
  // bad_argument where the new name is taken.
  virtual Done rename(std::string_view from, std::string_view to) = 0;

  // Puts `content` under `path`: a file that is there keeps its id, security
  // id, attributes, creation time and links, and gets new bytes and
  // modification time; else it is created.
  virtual Result<File> put(std::string_view path, Bytes content) = 0;

  // Writes what is still in memory down to the device, and flushes it.
  virtual Done flush() = 0;
};

using FileSystemPtr = std::shared_ptr<FileSystem>;

// What a stranger's clock would say: a file system stamps what it writes with
// this, so that a rehearsal, a test and a harness can repeat themselves.
using Clock = std::function<FileTime()>;

// The host's clock.
FileTime now();

// "a\b", "/a//b/" and "\a\b" are all {"a", "b"}; "." is dropped.
// bad_argument for "..", and for a name longer than 255 UTF-16 units.
Result<std::vector<std::string>> split_path(std::string_view path);

}  // namespace drydock
