// What is checked before the walk: the boot sector and its copy, $MFTMirr, and the
// files of NTFS's own that the walk needs.

#pragma once

#include "ntfs/check/survey.h"

namespace drydock::ntfs {

// The boot sector, or where it can't be believed, its copy at the volume's end, or
// in the middle, where NT 4 had it.  Reports what is wrong with either; an Error
// where neither can be believed, or the device can't be read.
Result<BootSector> check_boot_sectors(const BlockDevice& device, ProblemList& report);

// Where its copies may be, on a device of this size: the likelier first.
std::vector<std::uint64_t> boot_sector_copies(std::uint64_t device_size);

// $MFTMirr against the records that it repeats.
void check_mirror(const FileTable& table, ProblemList& report);

// $Volume's version and flags, and the bad clusters that are known.
void check_volume_record(const FileTable& table, ProblemList& report);
void check_bad_clusters(const FileTable& table, ProblemList& report);

std::optional<ByteVector> read_record_bitmap(const FileTable& table,
                                             ProblemList& report);
std::optional<UpcaseTable> check_upcase(const FileTable& table, ProblemList& report);

}  // namespace drydock::ntfs
