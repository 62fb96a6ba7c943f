// What is wrong with a volume: every rule of its format that it breaks, each with
// its place.  Nothing is changed, and no file's contents are judged.
//
// The checkers are our own, and share nothing with libntfs-3g.  They take no
// structure on trust: what can't be followed is told and left, and the rest is
// looked at all the same.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ntfs/file_system.h"
#include "vhd/check.h"
#include "vhd/progress.h"

namespace drydock {

struct VolumeProblem {
  Severity severity = Severity::error;
  std::string rule;   // which was broken, for good: "clusters.shared"
  std::string what;   // a clause, with the numbers in it
  std::string where;  // "record 38 \Windows\notepad.exe, attribute 0x80"
  // NTFS: the file record, and the first cluster, that it is about.
  std::optional<std::uint64_t> record = {};
  std::optional<std::uint64_t> cluster = {};
};

struct VolumeCheck {
  std::string file_system;  // "ntfs", "fat32"
  // The first kProblemCountMax of them; the counts are of all.
  std::vector<VolumeProblem> problems;
  std::uint64_t error_count = 0;
  std::uint64_t warning_count = 0;
  // What couldn't be looked at, and why: a clause each.  The volume can't be
  // called healthy then.
  std::vector<std::string> unchecked;
  // What was looked at: "files", 1204.
  std::vector<std::pair<std::string, std::uint64_t>> counts;
  // NTFS: what its log held, applied in memory before the check.
  std::optional<LogReplay> replay;
};

// Checks the volume in `device`, as it is shown once its log's work is applied in
// memory.  unsupported and not_found as open_volume() says, but a boot sector that
// can't be believed is a problem, not an Error, where its copy can.  io where
// the device can't be read.
Result<VolumeCheck> check_volume(const DevicePtr& device,
                                 const Progress& progress = {});

}  // namespace drydock
