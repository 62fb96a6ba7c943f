// One of the two copies of a GUID partition table.

#pragma once

#include <vector>

#include "vhd/block_device.h"
#include "vhd/partition/format.h"
#include "vhd/partition/table.h"

namespace drydock::partition {

// A disk, in the sectors that its table counts in: 512 bytes or 4096.
struct Sectors {
  const BlockDevice& disk;
  std::uint32_t size;

  std::uint64_t count() const { return disk.size() / size; }
  std::uint64_t last() const { return count() == 0 ? 0 : count() - 1; }
};

// A raw file doesn't say how large the sectors of its disk were: where there's no
// GPT header for the device's own size and one for the other, that one counts.
Sectors find_sectors(const BlockDevice& disk);

struct GptCopy {
  GptHeader header;
  std::vector<Partition> partitions;
};

// Whether sector `lba` starts as a GPT header does.  False where it can't be
// read.
bool has_gpt_header(const Sectors& sectors, std::uint64_t lba);

// The header at `lba`, where its checksum and place are right and what it says of
// the rest of the disk can be.
Result<GptHeader> read_gpt_header(const Sectors& sectors, std::uint64_t lba);

// Reads the copy whose header is at `lba`, and checks all of it: not one
// partition of it is believed while another breaks a rule.  corrupt with words
// like "header: checksum 0x... doesn't match 0x...".
Result<GptCopy> read_gpt(const Sectors& sectors, std::uint64_t lba);

// Both copies, each with what there is to say against it.
struct GptCopies {
  Result<GptCopy> primary;
  Result<GptCopy> backup;
};

// The primary in LBA 1, and the backup: where the primary says, if the primary can
// be believed; else there, if anything is, or in the disk's last sector.
GptCopies read_copies(const Sectors& sectors);

// In what `other` differs from `believed`, whose twin it should be: words, or
// empty.
std::string difference(const GptCopy& believed, const GptCopy& other);

}  // namespace drydock::partition
