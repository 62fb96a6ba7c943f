#include "ntfs/ntfs/unfinished.h"

#include <fmt/format.h>

#include "ntfs/logfile/replay.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

LogReplay replay_of(const LogReport& report) {
  LogReplay replay{
      .version = fmt::format("{}.{}", report.major_version, report.minor_version),
      .record_count = report.record_count,
      .redone_count = report.redone_count,
      .undone_count = report.undone_count,
      .transaction_count = report.transaction_count,
      .operations = {}};
  for (const LogOperation& operation : report.operations) {
    replay.operations.emplace_back(operation.name, operation.count);
  }
  return replay;
}

}  // namespace

Result<Unfinished> Unfinished::examine(DevicePtr partition, Unclean unclean) {
  Unfinished unfinished(std::move(partition));
  // Who refuses hears of the volume's state, and who discards sees it as it lies.
  if (unclean == Unclean::refuse || unclean == Unclean::discard) return unfinished;
  auto overlay = std::make_shared<Overlay>(unfinished.partition_);
  auto report = replay_log(*overlay);
  if (!report) {
    if (unclean == Unclean::replay) return std::move(report).error();
    unfinished.problem_ = report.error().describe();
    return unfinished;
  }
  unfinished.replay_ = replay_of(*report);
  if (overlay->kept_size() == 0) return unfinished;
  unfinished.overlay_ = std::move(overlay);
  unfinished.device_ = unfinished.overlay_;
  return unfinished;
}

Done Unfinished::carry() {
  if (overlay_) {
    for (const Overlay::Change& change : TRY(overlay_->changes())) {
      TRY(partition_->write(change.offset, change.after));
    }
    overlay_.reset();
    device_ = partition_;
  }
  return close_log(*partition_);
}

Done Unfinished::give_up() { return close_log(*partition_); }

Result<std::vector<Overlay::Change>> Unfinished::lost() const {
  Overlay scratch(partition_);
  TRY(replay_log(scratch));
  return scratch.changes();
}

}  // namespace drydock::ntfs
