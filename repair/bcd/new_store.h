// A boot store from nothing, for one Windows: what bcdboot makes.
//
// Its objects and elements are those of ordinary public stores of Windows 10 and 11.
// What a Windows itself would have put there, its BCD-Template says, where it has one.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ntfs/file_system.h"
#include "repair/bcd/store.h"

namespace drydock::bcd {

// What the new store is to say.
struct NewStore {
  bool uefi = true;  // else for a BIOS
  Device system;     // the partition of the boot manager
  Device windows;    // that of Windows
  std::string root = "\\Windows";
  std::string description;  // what the menu calls it
  bool nx_opt_out = false;  // as servers have it; else OptIn
  ObjectId loader;
  ObjectId resume;
  struct Recovery {
    Device partition;
    std::string folder;  // "\Recovery\WindowsRE": with Winre.wim and boot.sdi
    ObjectId loader;
    ObjectId options;  // of its RAM disk
  };
  std::optional<Recovery> recovery = {};
};

// Its objects, in the order of their ids, and the elements of each in the order of
// theirs.
std::vector<Object> objects_of(const NewStore& store);

// Takes from a BCD-Template what it says of those objects, and the settings that it has
// besides: not their devices, paths and links.  Whether it says how a Windows of this
// firmware is started; where it doesn't, `objects` stays as it is.
bool apply_template(const std::vector<Object>& from, bool uefi, const ObjectId& loader,
                    const ObjectId& resume, std::vector<Object>& objects);

// The file of a store with these objects.
Result<ByteVector> make_store(const std::vector<Object>& objects,
                              const hive::SaveOptions& options);

}  // namespace drydock::bcd
