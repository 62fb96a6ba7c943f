// What a VHDX file says of the disk in it: the metadata items.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vhd/block_device.h"
#include "vhd/vhdx/format.h"
#include "vhd/vhdx/region_table.h"

namespace drydock::vhdx {

// What a differencing file records of its parent.
struct ParentLocator {
  std::optional<Guid> link_id;   // parent_linkage: the parent's DataWriteGuid
  std::optional<Guid> link_id2;  // parent_linkage2: what that will be after a merge
  // In the order in which the paper wants them tried: relative_path,
  // volume_path, absolute_win32_path.  UTF-8, as recorded, none empty.
  std::vector<std::string> paths;
};

struct Metadata {
  std::uint32_t block_size = 0;  // a power of two, 1 MiB to 256 MiB
  bool leave_blocks_allocated = false;
  bool has_parent = false;
  std::uint64_t virtual_size = 0;          // a multiple of logical_sector_size, not 0
  std::uint32_t logical_sector_size = 0;   // 512 or 4096
  std::uint32_t physical_sector_size = 0;  // 512 or 4096
  Guid disk_id;                            // VirtualDiskId
  bool incomplete = false;  // a conversion into this file began and hasn't ended
  ParentLocator parent;     // where has_parent
};

// corrupt where the table or a known item breaks a rule of the format;
// unsupported for a required item, or a kind of parent, that isn't known.
Result<Metadata> read_metadata(const BlockDevice& file, const Region& region);

}  // namespace drydock::vhdx
