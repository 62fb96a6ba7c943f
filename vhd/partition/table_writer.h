// Mends partition tables, and moves a GPT's backup when a disk changes its size.
//
// Each function looks at the table first, and refuses what it can't understand
// whole.  Then it writes in such an order that a power cut at any moment leaves a
// copy that read_table() believes, with the same partitions; a second try
// finishes what was cut.  When it returns, what it did is safe.
//
// What isn't understood is carried along: the rest of a header's sector, boot code,
// the disk's signature.

#pragma once

#include <cstdint>

#include "vhd/block_device.h"

namespace drydock::partition {

// Makes the two copies of a GPT twins: the one that read_table() doesn't believe, or
// that differs, is written anew from the other.  Nothing is written where they are.
// A primary's entries go where its own header says, if that can be believed, else
// into LBA 2; a backup goes where the primary says.  unsupported where that place
// isn't free of partitions and of the other copy; bad_argument for a disk without a
// GPT; corrupt where neither copy is sound.
Done restore_gpt(BlockDevice& disk);

// Writes the MBR that guards a GPT: one partition of type 0xEE over the whole disk,
// as far as 32 bits can say (UEFI 2.10, 5.2.3).  unsupported where the MBR names
// other partitions too, since a person made it so; bad_argument without a GPT.
Done write_protective_mbr(BlockDevice& disk);

// Makes partition `number` of an MBR disk the one that firmware starts from, and
// all others not.  not_found where there is no such partition; bad_argument for a
// logical one, which can't be active, and for a disk without an MBR.
Done set_active(BlockDevice& disk, std::uint32_t number);

// The least size, in bytes, that holds the partitions and what must follow them.
// A multiple of the sector size.  A bare volume needs all of its disk.
Result<std::uint64_t> least_size(const BlockDevice& disk);

// Puts the backup of the GPT where it belongs on a disk of `size` bytes, and makes
// all before it usable: after the disk has grown, or before it is cut.  The MBR's
// 0xEE partition, if there is one, gets the new size too.  The primary must be
// sound: corrupt where it isn't (restore_gpt() first).
//
// no_space where `size` is less than least_size(); bad_argument where it is more
// than the disk has, not a multiple of its sectors, or for a disk without a GPT.
// The old backup stays in place until something is written there.  Where it isn't
// below the new one's sectors, both copies are sound all the time; else the
// primary is.
Done move_backup_gpt(BlockDevice& disk, std::uint64_t size);

}  // namespace drydock::partition
