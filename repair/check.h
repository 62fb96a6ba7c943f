// The check of a whole disk: its container, its partition table, each volume, and
// the hives and boot stores of each Windows on it.  Structure only: whether Windows
// would start is what diagnose() asks.
//
// Nothing is changed.  Volumes and hives are checked as they are shown, with what
// their logs hold applied in memory.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ntfs/volume_check.h"
#include "repair/diagnose.h"
#include "repair/view.h"
#include "vhd/progress.h"

namespace drydock::repair {

// One thing that was looked at.
struct CheckedPart {
  std::string what;  // "container (vhdx)", "partition 3 (ntfs)", "hive C:\..."
  Verdict verdict = Verdict::healthy;
  std::vector<std::string> why =
      {};  // of could_not_tell, and what else wasn't looked at
  std::vector<std::string> notes = {};
  // Errors make a fault, warnings don't.
  std::vector<VolumeProblem> problems = {};
  std::uint64_t error_count = 0;  // of all, also those that aren't listed
  std::uint64_t warning_count = 0;
  std::vector<std::pair<std::string, std::uint64_t>> counts = {};
};

struct DiskCheck {
  // fault where any part is at fault; else could_not_tell where any couldn't be
  // told; else healthy.
  Verdict verdict = Verdict::could_not_tell;
  std::vector<CheckedPart> parts;
};

// Of the disk in `view`.  What can't be read is a part that couldn't be told, never
// an Error; `progress` is told of each volume anew, and may end the check.
Result<DiskCheck> check_disk(const View& view, const VolumeOptions& options = {},
                             const Progress& progress = {});

}  // namespace drydock::repair
