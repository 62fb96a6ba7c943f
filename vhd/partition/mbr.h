// An MBR partition table: up to four primary partitions, one of which may be an
// extended one that holds logical partitions in a chain.

#pragma once

#include <vector>

#include "vhd/partition/gpt.h"

namespace drydock::partition {

// The number of the first logical partition, be there four primary ones or none.
inline constexpr std::uint32_t kLogicalFirst = 5;

// Ten times the letters that Windows has.  What is longer goes in circles.
inline constexpr std::uint32_t kLogicalCountMax = 256;

// What the first sector of a disk says about the scheme of its table.
struct FirstSector {
  bool volume = false;      // a volume's boot sector
  bool mbr = false;         // a partition table of any kind
  bool protective = false;  // ... with the entry that guards a GPT
  bool others = false;      // ... with entries that aren't protective
};

FirstSector read_first_sector(Bytes sector);

// The partitions that `mbr`, the first sector, tells of: primary ones by their
// slots, 1 to 4, logical ones from 5 on in the order of their chain.  corrupt, with the
// partition in the places, where one isn't wholly on the disk or lies in another, and
// where the chain of logical ones breaks or goes in circles.
Result<std::vector<Partition>> read_mbr(const Sectors& sectors, const Mbr& mbr);

}  // namespace drydock::partition
