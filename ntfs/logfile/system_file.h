// The data of $MFT, $MFTMirr or $LogFile, found from the boot sector alone.
//
// A volume whose log isn't replayed may have no directory, bitmap or mirror
// that can be believed; but these files' own records are where they were when
// the volume was formatted, and the log lies where its record says.

#pragma once

#include <cstdint>
#include <vector>

#include "ntfs/record/runs.h"
#include "ntfs/ntfs/boot_sector.h"
#include "vhd/block_device.h"

namespace drydock::ntfs {

inline constexpr std::uint64_t kMftFile = 0;
inline constexpr std::uint64_t kMirrorFile = 1;
inline constexpr std::uint64_t kLogFile = 2;

class SystemFile {
 public:
  // `number` is one of the three.  Its record is read from $MFT, or where it is
  // torn there, from the mirror.  `volume` is borrowed.  corrupt where neither
  // can be believed; unsupported where the runs don't fit into one record.
  static Result<SystemFile> open(BlockDevice& volume, const BootSector& boot,
                                 std::uint64_t number);

  // A file that was taken out of its volume: all of `file`, which is borrowed.
  static SystemFile by_itself(BlockDevice& file);

  std::uint64_t size() const { return size_; }  // in bytes, of what is valid

  // bad_argument past the end.
  Done read(std::uint64_t offset, MutableBytes into) const;
  Done write(std::uint64_t offset, Bytes from);

 private:
  SystemFile(BlockDevice& volume, std::uint32_t cluster_size, std::uint64_t size,
             std::vector<Run> runs)
      : volume_(&volume),
        cluster_size_(cluster_size),
        size_(size),
        runs_(std::move(runs)) {}
  template <class Piece>
  Done for_pieces(std::uint64_t offset, std::uint64_t length, Piece piece) const;

  BlockDevice* volume_;
  std::uint32_t cluster_size_;
  std::uint64_t size_;
  std::vector<Run> runs_;
};

}  // namespace drydock::ntfs
