// A volume that several threads read, one at a time: its files and its catalogs, behind
// one lock.

#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "ntfs/file_system.h"
#include "repair/signature/catalog_folder.h"
#include "vhd/block_device.h"

namespace drydock::driver {

using LockPtr = std::shared_ptr<std::mutex>;

// The data of the file at `path`, for reading.  Opened, read and let go of under
// `lock`.
Result<DevicePtr> open_locked(LockPtr lock, const FileSystem& volume,
                              const std::string& path);

// `folder`, each of whose members takes `lock`.
signature::CatalogFolderPtr locked(LockPtr lock, signature::CatalogFolderPtr folder);

}  // namespace drydock::driver
