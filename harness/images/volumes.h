// The file systems of a disk to be built, empty at first: their partition
// table by sfdisk, FAT32 by mkfs.fat and mtools, NTFS by mkntfs and, for the
// files in it, our own writer -- no other can make folders without a mount.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "harness/images/layout.h"
#include "vhd/base/bytes.h"

namespace drydock::images {

// A file to be put into a volume, or, ending in a slash, a folder.  Folders
// come before what is in them.
struct Content {
  std::string path;  // "\Windows\System32\", "\Windows\System32\ntoskrnl.exe"
  ByteVector bytes;
  // The path of a file before it, of which this is one more name: then it has no bytes
  // of its own.  On NTFS alone.
  std::string link_to = {};
};

// Writes the partition table to `raw`, which has the disk's size.
Done write_table(const std::filesystem::path& raw, const Layout& layout);

// Makes the system partition.  `work` is a folder for files on the way.
Done make_esp(const std::filesystem::path& raw, const Layout& layout,
              const std::vector<Content>& contents, const std::filesystem::path& work);

// Makes an NTFS volume in `slot` of the disk.
Done make_ntfs(const std::filesystem::path& raw, const Slot& slot,
               std::string_view label, std::uint64_t serial,
               const std::vector<Content>& contents, const std::filesystem::path& work);

}  // namespace drydock::images
