// What a plan does to files, as rehearse() carries it out: each edit read back
// after it was made.

#pragma once

#include "repair/disk.h"
#include "repair/plan.h"

namespace drydock::repair {

// The Outcome lacks what every edit's has: its kind and its reason.
Result<Outcome> apply_to_file(const FilePut& edit, const Disk& disk);
Result<Outcome> apply_to_file(const FileMark& edit, const Disk& disk);
Result<Outcome> apply_to_file(const FileDelete& edit, const Disk& disk);
Result<Outcome> apply_to_file(const FileRename& edit, const Disk& disk);
Result<Outcome> apply_to_file(const FolderMake& edit, const Disk& disk);
Result<Outcome> apply_to_file(const FileSecure& edit, const Disk& disk);

}  // namespace drydock::repair
