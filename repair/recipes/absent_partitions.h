// The partitions that a boot store names and that its disk lacks, and which of the
// disk's each of them meant, as far as that can be proven.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "repair/bcd/store.h"
#include "repair/installation.h"

namespace drydock::repair {

// An element that names a partition, by itself or below a file on it.
struct DeviceReference {
  bcd::ObjectId object;
  bcd::ElementId element = 0;
  bcd::Device device;
  std::string name;                 // `{default} "Windows Server" osdevice`
  std::optional<std::string> file;  // that lies there, where the object says which
  // The Windows folder that an OS loader starts from there.
  std::optional<std::string> root;
};

// All elements that name one and the same absent partition: they mean the same.
struct AbsentPartition {
  std::vector<DeviceReference> references;  // never empty
  // Those partitions of the disk that it may be.
  std::vector<const partition::Partition*> candidates;
  std::vector<std::string> facts;  // a clause for each thing that was looked up
  bool by_id = false;              // a part of the name is right, and tells which it is
  std::string unproven;            // why it can't be told; "" where it is candidates[0]
  bool starts_default = false;     // the default entry loads Windows from it

  const bcd::Device& device() const { return bcd::innermost(references[0].device); }
};

// Those of the store that starts `windows`.  Entries of a disk that isn't here are
// somebody's, and sound, and aren't among them: what names no file of this disk, or
// starts a Windows that another entry starts, too; the boot manager's own is.  Nor are
// devices that lie in other bytes than we would give them.  Fails as
// read_boot_objects(), and with unsupported on a disk without a partition table.
Result<std::vector<AbsentPartition>> find_absent_partitions(
    const Installation& windows);

}  // namespace drydock::repair
