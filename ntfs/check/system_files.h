// What is checked before the walk: the boot sector and its copy, $MFTMirr, and the
// files of NTFS's own that the walk needs.

#pragma once

#include "ntfs/check/survey.h"
#include "ntfs/ntfs/boot_copy.h"

namespace drydock::ntfs {

// Reports what is wrong with either; an Error, the boot sector's own, where neither
// can be believed, or the device can't be read.
Result<FoundBootSector> check_boot_sectors(const BlockDevice& device,
                                           ProblemList& report);

// $MFTMirr against the records that it repeats.
void check_mirror(const FileTable& table, ProblemList& report);

// $Volume's version and flags, and the bad clusters that are known.
void check_volume_record(const FileTable& table, ProblemList& report);
void check_bad_clusters(const FileTable& table, ProblemList& report);

std::optional<ByteVector> read_record_bitmap(const FileTable& table,
                                             ProblemList& report);
std::optional<UpcaseTable> check_upcase(const FileTable& table, ProblemList& report);

}  // namespace drydock::ntfs
