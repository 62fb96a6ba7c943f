// A partition table: which parts of a disk are whose.
//
// GPT is read in both its copies.  The primary is believed when it is sound,
// else the backup, and the table says which one it was and what was wrong
// with the other.  Nothing is written here; table_writer.h mends.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "vhd/base/guid.h"
#include "vhd/block_device.h"

namespace drydock::partition {

enum class Scheme : std::uint8_t { none, gpt, mbr };

std::string_view to_string(Scheme scheme);

namespace type {
inline constexpr Guid esp = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"_guid;
inline constexpr Guid msr = "e3c9e316-0b5c-4db8-817d-f92df00215ae"_guid;
inline constexpr Guid basic = "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"_guid;
inline constexpr Guid recovery = "de94bba4-06d1-4d40-a16a-bfd50179d6ac"_guid;
}  // namespace type

struct Partition {
  // As Windows and sgdisk count: from 1, and empty slots count too.  Of an MBR:
  // slots 1 to 4, logical partitions from 5 on.
  std::uint32_t number = 0;
  Guid type;                 // of an MBR: the GPT type that says the same, or zero
  Guid id;                   // GPT only
  std::uint64_t offset = 0;  // in bytes
  std::uint64_t size = 0;    // in bytes
  std::uint64_t attributes = 0;
  std::string name;                           // UTF-8
  std::optional<std::uint8_t> mbr_type = {};  // MBR only: 0x07
  bool active = false;                        // MBR only: firmware starts from it
};

// Which of the two GPT copies the table was read from.
enum class Copy : std::uint8_t { primary, backup };

struct Table {
  Scheme scheme = Scheme::none;
  Guid disk_id;  // GPT only
  // MBR only: what Windows and boot stores know the disk by.
  std::uint32_t mbr_signature = 0;
  std::vector<Partition> partitions;
  Copy believed = Copy::primary;
  // Why the other copy isn't the twin of the believed one; empty when it is.
  // "primary header: checksum 0x... doesn't match 0x...".
  std::string other_copy_problem;
  // What is wrong with the MBR that should guard the GPT: firmware and Windows
  // may not see the partitions then.  Empty when nothing is.
  std::string mbr_problem;
};

// Reads the table of `disk`.  A disk without one (a bare volume) has scheme
// none and no partitions.  corrupt where a protective MBR or either GPT header is
// there but no copy can be believed; the words give the reason for both.  io
// where that is why.  corrupt, too, where not every partition of an MBR can be
// believed (mbr.h).
Result<Table> read_table(const BlockDevice& disk);

// "esp", "msr", "basic", "recovery", or "other".
std::string_view type_name(const Guid& type);

}  // namespace drydock::partition
