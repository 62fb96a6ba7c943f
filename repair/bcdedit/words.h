// The words of bcdedit.exe: what a command line asks of a boot store, and how
// a store is printed.
//
// A command line is first parsed by its words alone, then planned against the
// open store: which element a name means, and what its value may be, depends
// on the object.  Nothing is edited here; a plan's actions are what repair.h
// rehearses.

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "repair/bcd/store.h"
#include "repair/guest_path.h"
#include "repair/plan.h"
#include "vhd/base/random_guid.h"

namespace drydock::bcdedit {

// How people name the partitions of the disk that the store is of.
struct PartitionNames {
  // From what stands after "partition=": "C:", "3", "\Device\HarddiskVolume2"
  // or "{guid}".  Empty: no partition can be named.
  std::function<Result<bcd::Device>(std::string_view)> find;
  // The other way: "C:" or "\Device\HarddiskVolume2".  Nothing for one that
  // isn't on this disk, which prints as "unknown".
  std::function<std::optional<std::string>(const bcd::Device&)> show;
};

// bcdedit /enum
struct Enum {
  std::string which = "active";  // a word of /enum, or an object: "{default}"
  bool verbose = false;          // /v: ids in place of aliases
};

// One element to be changed, in words.
struct Edit {
  enum class How : std::uint8_t {
    set,
    add_first,
    add_last,
    take_out,
    delete_value,
    clear  // delete_value, where there is one
  };
  std::string object = "{current}";
  std::string element;  // "safeboot", "custom:25000080"
  std::vector<std::string> values;
  How how = How::set;
};

// bcdedit /create
struct Create {
  std::optional<std::string> object;       // an alias, or an id of one's own
  std::optional<std::string> description;  // /d
  std::optional<bcd::ObjectType> type;     // of /application, /inherit or /device
};

// bcdedit /copy
struct Copy {
  std::string object;
  std::string description;
};

// bcdedit /delete
struct Remove {
  std::string object;
  bool force = false;   // /f: a well-known one, too
  bool cleanup = true;  // not /nocleanup: with what refers to it
};

// bcdedit /export, /import and /createstore, each with a file of the host.
struct Export {
  std::string file;
};
struct Import {
  std::string file;
};
struct CreateStore {
  std::string file;
};

struct Command {
  // /store's path: of the guest, or where there is no image a bare store.
  std::optional<std::string> store;
  // An /emssettings is several edits.
  std::variant<Enum, std::vector<Edit>, Create, Copy, Remove, Export, Import,
               CreateStore>
      action;
};

// From the words after "bcdedit" (or after an image's name).  No words are /enum
// active.  bad_argument for a line that bcdedit wouldn't take either, unsupported
// for what it does to a running machine only: /sysstore, /mirror.
Result<Command> parse(const std::vector<std::string>& words);

// What the command comes to in `store`, which lies at `where`.  bad_argument where
// a value doesn't suit its element, and for a command that changes no store;
// not_found where an object, a name or what is to be deleted isn't there.
// New objects get their ids from `make_guid`.
Result<std::vector<repair::Action>> plan(const Command& command,
                                         const bcd::Store& store,
                                         const repair::GuestPath& where,
                                         const PartitionNames& partitions,
                                         const MakeGuid& make_guid);

// As bcdedit prints it.  not_found for an object that isn't there.
Result<std::string> print(const Enum& what, const bcd::Store& store,
                          const PartitionNames& partitions);

// One JSON document; `name` is what it gives as "store".  A partition of an
// MBR disk has the signature as "disk_id": "0x1a2b3c4d", and the offset in
// bytes as "partition_id": "1048576".  Ids of a ramdisk, file, vhd or locate
// are those of the partition that it lies on.
Result<std::string> to_json_text(const Enum& what, const bcd::Store& store,
                                 std::string_view name);

}  // namespace drydock::bcdedit
