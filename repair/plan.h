// A Plan is a list of edits, each with its reason: what a repair would do, in
// words that a person or a program can read before anything is done.
//
// reg, bcdedit, put, rm and every recipe make plans; rehearse() applies one
// to a disk on an overlay; only commit() carries the overlay to the image.

#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "repair/bcd/store.h"
#include "repair/disk.h"
#include "repair/guest_path.h"
#include "repair/hive/hive.h"

namespace drydock::repair {

struct BcdSet {
  GuestPath store;
  bcd::ObjectId object;
  bcd::ElementId element = 0;
  bcd::Value value;
};
struct BcdDelete {
  GuestPath store;
  bcd::ObjectId object;
  bcd::ElementId element = 0;
};
// An object without elements.
struct BcdCreate {
  GuestPath store;
  bcd::ObjectId object;
  bcd::ObjectType type = 0;
};
// An object with all of its elements.
struct BcdRemove {
  GuestPath store;
  bcd::ObjectId object;
};
struct RegistrySet {
  GuestPath hive;
  std::string key;  // below the root: "ControlSet001\Services\x"; made if missing
  std::optional<hive::Value> value;  // nothing: the key alone
};
struct RegistryDelete {
  GuestPath hive;
  std::string key;
  std::optional<std::string> value;  // its name; nothing: the key with all below
};
// What a copy of a file keeps of it beside its bytes.
struct FileFacts {
  Stat stat;                                                     // times and attributes
  std::optional<ByteVector> security = {};                       // its descriptor
  std::vector<std::pair<std::string, ByteVector>> streams = {};  // by name
};
struct FilePut {
  GuestPath file;  // or, with ":NAME", a stream of one
  ByteVector content;
  std::optional<FileFacts> facts = {};  // nothing: a file that is there keeps its own
};
// Of read_only, hidden, system, archive and, on NTFS, not_content_indexed, those in
// `attributes`; its others stay as they are.
struct FileMark {
  GuestPath file;
  std::uint32_t attributes = 0;
};
struct FileDelete {
  GuestPath file;
};
struct FileRename {
  GuestPath file;
  std::string to;  // the new path, in the same volume
};
// A folder that is there already is as good.
struct FolderMake {
  GuestPath folder;
  std::optional<FileFacts> facts = {};  // of one that is made
};
struct FileSecure {
  GuestPath file;
  ByteVector descriptor;
};

// The log that the image's last writer left, carried into the image's file.  No
// byte that a guest can see changes.
struct ImageReplay {};
// The copy of the disk's GPT that isn't believed, written anew from the other.
struct PartitionRestore {};
// A wound of the volume that has one cure only, as it is when this is applied.
struct VolumeMend {
  std::uint32_t partition = 0;
  VolumePart part = VolumePart::boot_sector;
  Records records = Records::first;
};
// What the volume's last user left unfinished: finished, or given up, as the
// disk's VolumeOptions say.
struct VolumeSettle {
  std::uint32_t partition = 0;
};
// What the logs beside a hive hold, carried into the hive.
struct HiveReplay {
  GuestPath hive;
};

using Action =
    std::variant<BcdSet, BcdDelete, BcdCreate, BcdRemove, RegistrySet, RegistryDelete,
                 FilePut, FileMark, FileDelete, FileRename, FolderMake, FileSecure,
                 ImageReplay, PartitionRestore, VolumeMend, VolumeSettle, HiveReplay>;

struct Edit {
  Action action;
  std::string why;  // a clause: "the default names no object"
};

struct Plan {
  std::vector<Edit> edits;
  // What was left out and why: "ControlSet002 is named by Select but absent".
  std::vector<std::string> notes;
};

// "bcd.set", "registry.delete", "file.put": the words of --json.
std::string_view kind_of(const Action& action);

// What one edit came to, in a person's words; "" for what wasn't there.
struct Outcome {
  std::string edit;   // kind_of()
  std::string where;  // "esp:\EFI\Microsoft\Boot\BCD {bootmgr} default"
  std::string before;
  std::string after;
  std::string why;
  // False where the disk held `after` already: nothing was written for it.
  bool changed = true;
};

// What a person should know before the plan is carried out, beyond its notes:
// a change of what a measured or encrypted boot depends on.  Reads the boot
// sector of each volume, and BitLocker's metadata.
std::vector<std::string> warnings_for(const Plan& plan, const Disk& disk);

// Applies the plan to `disk`, whose volumes must be writable and, so that the
// image stays untouched, stand on an overlay.  Edits to one hive or store are
// made in one opening of it, in the plan's order; a file edit closes them
// first.  What is saved is opened anew, and every edited value read back.  On
// an Error the disk is half-changed: drop the overlay.
//
// A hive is saved in place, changed sectors only, with a sequence number above
// every one in its logs: Windows finds nothing there to replay over it.
//
// A volume with unfinished work is settled before its first change.  Where no
// edit asked for that, an outcome tells of it all the same, before the others.
Result<std::vector<Outcome>> rehearse(const Plan& plan, Disk& disk);

}  // namespace drydock::repair
