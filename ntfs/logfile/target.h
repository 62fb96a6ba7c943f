// The bytes of the volume that an action is about.
//
// A file record or an index block carries the LSN of its last change, and fixups
// against tearing; other bytes have neither.

#pragma once

#include <cstdint>
#include <vector>

#include "ntfs/logfile/action.h"
#include "ntfs/logfile/operations.h"
#include "ntfs/logfile/tables.h"
#include "ntfs/ntfs/boot_sector.h"
#include "vhd/block_device.h"

namespace drydock::ntfs {

// Where they are.
struct TargetPlace {
  Operation::Target kind = Operation::Target::none;  // bytes of an index: index_block
  std::vector<std::uint64_t> lcns;
  std::uint64_t offset = 0;  // in bytes, in those clusters
  std::uint64_t size = 0;    // in bytes
};

class Target {
 public:
  // Where `operation`, one half of `action`, belongs, whose bytes are `length`;
  // corrupt where that can't be.
  static Result<TargetPlace> place(const BootSector& boot, const LogTables& tables,
                                   const Action& action, const Operation& operation,
                                   std::size_t length);

  // Reads it.  A record or block that is torn, or isn't one, has no LSN.
  static Result<Target> read(BlockDevice& volume, const BootSector& boot,
                             TargetPlace place);

  Operation::Target kind() const { return place_.kind; }
  MutableBytes bytes() { return bytes_; }

  // Whether it is a file record or an index block, and sound; always for others.
  bool sound() const { return sound_; }
  // Whether it keeps an LSN, and which; 0 where it isn't sound.
  bool has_lsn() const;
  std::uint64_t lsn() const;

  // Writes bytes() back, with `lsn` where there is one to keep.  corrupt where
  // they have become something that can't be written so.
  Done write(BlockDevice& volume, const BootSector& boot, std::uint64_t lsn);

 private:
  Target(TargetPlace place, ByteVector bytes)
      : place_(std::move(place)), bytes_(std::move(bytes)) {}

  TargetPlace place_;
  ByteVector bytes_;
  bool sound_ = true;
};

}  // namespace drydock::ntfs
