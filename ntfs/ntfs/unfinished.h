// The work that a volume's log holds, and that the volume lacks: applied in
// memory for whoever reads, and carried into the volume, or given up, for
// whoever writes.
//
// This comes before libntfs-3g sees the volume, which it may not even mount
// while half of a change is in the log.

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ntfs/open_volume.h"
#include "vhd/overlay.h"

namespace drydock::ntfs {

class Unfinished {
 public:
  // Replays the log of `partition` on an overlay, where `unclean` wants that.
  // Fails only where it has to be replayed and can't be (Unclean::replay).
  static Result<Unfinished> examine(DevicePtr partition, Unclean unclean);

  // The volume as it lies.
  const DevicePtr& below() const { return partition_; }
  // The volume as it is shown.
  const DevicePtr& device() const { return device_; }
  // What was replayed, and zeros where there was nothing to do; nothing where it
  // wasn't tried, or could not be done.
  const std::optional<LogReplay>& replay() const { return replay_; }
  // Why it could not be; "" where it could, or wasn't tried.
  const std::string& problem() const { return problem_; }

  // Writes what the overlay holds into the partition, and closes the log.  From
  // then on device() is the partition.
  Done carry();

  // Closes the log without regard to what it holds.
  Done give_up();

  // What give_up() would lose, in bytes of the volume; fails where the log can't
  // be replayed.
  Result<std::vector<Overlay::Change>> lost() const;

 private:
  explicit Unfinished(DevicePtr partition)
      : partition_(partition), device_(std::move(partition)) {}

  DevicePtr partition_;
  DevicePtr device_;
  std::shared_ptr<Overlay> overlay_;
  std::optional<LogReplay> replay_;
  std::string problem_;
};

}  // namespace drydock::ntfs
