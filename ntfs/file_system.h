// A FileSystem turns names into files.
//
// Two stand behind it: NTFS, and the FAT32 of an EFI system partition, where
// a UEFI machine keeps its boot loader and its BCD.  What reads a hive or
// mends a boot file needn't know which one it is in.
//
// Paths are UTF-8 (WTF-8), take either slash, start at the root, and match as
// Windows matches them, without regard to case.  "" and "\" are the root.
// Reparse points aren't followed.  On NTFS "\a.txt:b" is the stream b of a.txt,
// which find(), put() and remove() take, unless a file has all of that as its name.
//
// Threads: one thread at a time for a volume and all of its files.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

// What was applied in memory, so that a volume is shown as Windows would find
// it: the work that its $LogFile holds.
struct LogReplay {
  std::string version;                  // of the log: "2.0"
  std::uint64_t record_count = 0;       // looked at
  std::uint64_t redone_count = 0;       // that changed something
  std::uint64_t undone_count = 0;       // of transactions that never ended
  std::uint64_t transaction_count = 0;  // those
  // "UpdateResidentValue" and how often: what was redone or undone.
  std::vector<std::pair<std::string, std::uint64_t>> operations;
};

// "log 2.0: 120 records, 14 redone, 2 of 1 unfinished transactions undone"
std::string describe(const LogReplay& replay);

// How a volume was left, and what is shown of it.
struct VolumeCondition {
  std::vector<VolumeState> states;   // each that holds; never `clean`
  std::vector<std::string> reasons;  // a clause for each
  std::optional<LogReplay> replay;   // done, in memory, to what is shown
  std::string replay_problem;        // why it wasn't, where it should have been
  // The log's version and how it was left: "1.1, closed"; "" without a log.
  std::string log;

  bool clean() const { return states.empty(); }
  bool has(VolumeState state) const;
  void add(VolumeState state, std::string reason);
  // Whether what is read here is what Windows will find at its next start: not
  // where it remembers more than it wrote, or its log couldn't be replayed.
  bool shown_as_found() const;
};

// What was done to a volume before its first change, beyond what was asked.
struct Settlement {
  std::string kind;    // "volume.replay", "volume.discard", "hibernation.discard"
  std::string before;  // clauses for a person
  std::string after;
};

struct VolumeFacts {
  std::string file_system;  // "ntfs", "fat32"
  std::string label;        // UTF-8
  std::string serial;       // "1234-5678" for FAT, 16 hex digits for NTFS
  std::uint64_t size = 0;   // in bytes
  std::uint64_t free = 0;   // in bytes
  std::uint32_t cluster_size = 0;
  VolumeCondition condition;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Counting what is free reads the whole allocation map, at each call.
  virtual Result<VolumeFacts> facts() const = 0;

  // The same that facts() gives, without counting anything.
  virtual Result<VolumeCondition> condition() const;

  // not_found where a name on the way, or the last, isn't there.
  virtual Result<File> find(std::string_view path) const = 0;

  // Calls `visit` for each name in `directory` until it returns false: in the
  // directory's own order, without "." and "..", 8.3 aliases left out.
  // bad_argument where it isn't a directory.
  using Visit = std::function<bool(const Entry&)>;
  virtual Done list(const File& directory, const Visit& visit) const = 0;

  // The same with less: names and kinds alone, and `visit` may not use the volume.
  // NTFS then reads the directory and none of the files in it, which for a hundred
  // thousand of them is most of the work.
  using VisitName = std::function<bool(const std::string& name, FileKind kind)>;
  virtual Done list_names(const File& directory, const VisitName& visit) const;

  // The rest change the volume.  All settle() first, and fail as that does, and
  // with no_space when it is full.

  // Finishes, or gives up, what the volume's last user left unfinished, as
  // VolumeOptions say.  read_only on a device that isn't writable; busy where
  // the volume's condition forbids a change, with the reason.
  virtual Done settle() = 0;
  // The read_only or busy that settle() would fail with.
  virtual Done check_settle() const = 0;

  // What settle() came to; empty where there was nothing to do, or nothing was
  // changed yet.
  virtual const std::vector<Settlement>& settlements() const = 0;

  // Makes an empty file, or directory, with the security of its directory's
  // other files.  bad_argument where the name is taken or not one that Windows
  // allows; not_found where the directory isn't there.
  virtual Result<File> create(std::string_view path) = 0;
  virtual Result<File> create_directory(std::string_view path) = 0;

  // Removes one name, or a stream; a directory must be empty (bad_argument).
  virtual Done remove(std::string_view path) = 0;

  // Gives a file another name, perhaps in another directory of this volume.
  // bad_argument where the new name is taken.
  virtual Done rename(std::string_view from, std::string_view to) = 0;

  // Puts `content` under `path`: a file that is there keeps its id, security
  // id, attributes, creation time and links, and gets new bytes and
  // modification time; else it is created.  All names of a file show the new bytes.
  // What NTFS compressed stays so; what WOF compressed becomes a plain file, as
  // when Windows writes to it.
  virtual Result<File> put(std::string_view path, Bytes content) = 0;

  // Gives a file those of `stat`'s times that aren't 0, and its attributes as far as
  // Windows lets programs set them: read_only, hidden, system, archive, ...
  virtual Done set_stat(std::string_view path, const Stat& stat) = 0;

  // Gives a file this security descriptor, self-relative.  bad_argument where it
  // isn't one; unsupported where the file system keeps none.
  virtual Done set_security(std::string_view path, Bytes descriptor);

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
