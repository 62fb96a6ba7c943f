// The walk over a FAT volume's directories that its check makes: every chain that a
// name leads to, and every name.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ntfs/check/problem_list.h"
#include "ntfs/fat/geometry.h"
#include "vhd/block_device.h"

namespace drydock::fat {

// The table that is believed, read as it is asked for.
class TableReader {
 public:
  TableReader(const BlockDevice& device, const Geometry& geometry)
      : device_(device), geometry_(geometry) {}

  // Of a cluster that the volume holds, as table.h has it.
  Result<std::uint32_t> entry(std::uint32_t cluster);

 private:
  const BlockDevice& device_;
  const Geometry& geometry_;
  std::uint64_t held_ = UINT64_MAX;  // which stretch of the table
  ByteVector bytes_;
};

struct TreeCounts {
  std::uint64_t files = 0;
  std::uint64_t directories = 0;
};

class TreeCheck {
 public:
  TreeCheck(const BlockDevice& device, const Geometry& geometry, ProblemList& problems)
      : device_(device),
        geometry_(geometry),
        problems_(problems),
        table_(device, geometry),
        claimed_(geometry.cluster_count) {}

  // Fails only as reading the device does.
  Done run();

  bool is_claimed(std::uint32_t cluster) const {
    return claimed_[cluster - kFirstCluster];
  }
  const TreeCounts& counts() const { return counts_; }

 private:
  struct Folder {
    std::string path;
    std::uint32_t first = 0;   // 0 for the root of FAT12 and FAT16
    std::uint32_t parent = 0;  // its first cluster; 0 for the root
  };
  // Where some of a folder's slots lie.
  struct Stretch {
    std::uint64_t offset = 0;
    std::uint32_t size = 0;
  };
  // The slots of a long name, gathered until the short one.
  struct LongName {
    std::vector<LongSlot> slots;
    bool broken = false;
  };

  void error(std::string_view rule, const std::string& path, std::string what) {
    problems_.error(rule, {.part = path}, std::move(what));
  }
  void warning(std::string_view rule, const std::string& path, std::string what) {
    problems_.warning(rule, {.part = path}, std::move(what));
  }
  Result<std::vector<std::uint32_t>> claim_chain(std::uint32_t first,
                                                 const std::string& path);
  Result<std::vector<Stretch>> stretches_of(const Folder& folder);
  Done walk_folder(const Folder& folder);
  Result<bool> walk_slots(const Folder& folder, Bytes slots, std::uint32_t index);
  void see_long(const Folder& folder, const LongSlot& slot);
  Done see_short(const Folder& folder, std::uint32_t index, const ShortSlot& slot);
  bool check_dots(const Folder& folder, std::uint32_t index, const ShortSlot& slot);
  std::u16string take_long_name(const Folder& folder, const ShortSlot& slot);
  Done check_file(const std::string& path, const ShortSlot& slot);

  const BlockDevice& device_;
  const Geometry& geometry_;
  ProblemList& problems_;
  TableReader table_;
  std::vector<bool> claimed_;
  std::vector<Folder> pending_;
  LongName long_name_;
  std::map<std::string, bool> short_names_;  // of the folder that is being walked
  TreeCounts counts_;
};

}  // namespace drydock::fat
