// The stores and partitions of a disk, as the words of bcdedit.exe name them.

#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "repair/bcdedit/words.h"
#include "repair/disk.h"

namespace drydock::bcdedit {

// The store that /store's path names; else that of the Windows that is meant; where
// none was found, that of the system partition.  `installation` counts from 0.
Result<repair::GuestPath> find_store(const repair::Disk& disk,
                                     const std::optional<std::string>& path,
                                     std::size_t installation);

// Partitions by "C:", "3", "\Device\HarddiskVolume3" or their GUID.  Borrows `disk`.
PartitionNames names_of(const repair::Disk& disk, std::size_t installation);

// ---- Whole stores.

// A store's bytes, with what its logs held.  busy where that could not be applied;
// corrupt where it isn't a store.
Result<ByteVector> export_store(hive::Hive& hive);

// A store without objects.
Result<ByteVector> new_store();

// Puts `imported` into the place of the store at `where`.  Fails as export_store().
Result<repair::Action> plan_import(const repair::Disk& disk,
                                   const repair::GuestPath& where,
                                   hive::Hive& imported);

}  // namespace drydock::bcdedit
