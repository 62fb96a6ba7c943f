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

namespace drydock::cli {

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
struct BcdeditEnum {
  std::string which = "active";  // a word of /enum, or an object: "{default}"
  bool verbose = false;          // /v: ids in place of aliases
};

// One element to be changed, in words.
struct BcdeditEdit {
  enum class How : std::uint8_t { set, add_first, add_last, take_out, delete_value };
  std::string object = "{current}";
  std::string element;  // "safeboot", "custom:25000080"
  std::vector<std::string> values;
  How how = How::set;
};

struct BcdeditCommand {
  std::optional<std::string> store;  // /store's path, which the caller resolves
  // An /emssettings is several edits.
  std::variant<BcdeditEnum, std::vector<BcdeditEdit>> action;
};

// From the words after "bcdedit" (or after an image's name): /enum, /set,
// /deletevalue, and those that set one element: /default, /timeout,
// /displayorder, /toolsdisplayorder, /bootsequence, /ems, /bootems, /debug,
// /bootdebug, /emssettings.  No words are /enum active.  bad_argument for a
// line that bcdedit wouldn't take either, unsupported for its other commands.
Result<BcdeditCommand> parse_bcdedit(const std::vector<std::string>& words);

// What the edits come to in `store`, which lies at `where`: BcdSet and
// BcdDelete.  bad_argument where a value doesn't suit its element; not_found
// where an object, a name or what is to be deleted isn't there.
Result<std::vector<repair::Action>> plan_bcdedit(const std::vector<BcdeditEdit>& edits,
                                                 const bcd::Store& store,
                                                 const repair::GuestPath& where,
                                                 const PartitionNames& partitions);

// As bcdedit prints it.  not_found for an object that isn't there.
Result<std::string> print_bcd(const BcdeditEnum& what, const bcd::Store& store,
                              const PartitionNames& partitions);

// One JSON document; `name` is what it gives as "store".  A partition of an
// MBR disk has the signature as "disk_id": "0x1a2b3c4d", and the offset in
// bytes as "partition_id": "1048576".  Ids of a ramdisk, file, vhd or locate
// are those of the partition that it lies on.
Result<std::string> json_of_bcd(const BcdeditEnum& what, const bcd::Store& store,
                                std::string_view name);

}  // namespace drydock::cli
