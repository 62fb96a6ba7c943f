#include "ntfs/logfile/replay.h"

#include <algorithm>

#include "ntfs/logfile/analysis.h"
#include "ntfs/logfile/log_of_volume.h"
#include "ntfs/logfile/operations.h"
#include "ntfs/logfile/passes.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// $MFTMirr repeats the first records of $MFT; NTFS writes both, but logs one.
Done write_mirror(BlockDevice& volume, const BootSector& boot) {
  auto table = TRY(SystemFile::open(volume, boot, kMftFile));
  auto mirror = TRY(SystemFile::open(volume, boot, kMirrorFile));
  ByteVector records(
      std::min(boot.mirror_size(), std::min(table.size(), mirror.size())));
  ByteVector repeated(records.size());
  TRY(table.read(0, records));
  TRY(mirror.read(0, repeated));
  if (records == repeated) return {};
  return mirror.write(0, records);
}

LogReport report_of(const Restart& restart, const Tally& tally) {
  LogReport report{.major_version = restart.major_version,
                   .minor_version = restart.minor_version,
                   .record_count = tally.record_count,
                   .redone_count = tally.redone_count,
                   .undone_count = tally.undone_count,
                   .transaction_count = tally.transaction_count,
                   .operations = {}};
  for (const auto& [code, count] : tally.operations) {
    report.operations.push_back({code, operation_name(code), count});
  }
  return report;
}

Result<Tally> replay(BlockDevice& volume, const LogOfVolume& found) {
  auto layout = TRY(log_layout(*found.restart, found.file.size()));
  LogReader log(TRY(RecordPages::open(found.file, layout)));
  auto analysis =
      TRY(analyse(log, found.restart->checkpoint_lsn, found.restart->current_lsn));
  Tally tally;
  TRY(redo(volume, found.boot, log, analysis, tally));
  TRY(undo(volume, found.boot, log, analysis.tables, tally));
  TRY(write_mirror(volume, found.boot).in("$MFTMirr"));
  return tally;
}

}  // namespace

Result<LogReport> replay_log(BlockDevice& volume) {
  auto found = TRY(find_log(volume));
  if (found.unused) return LogReport{};
  if (!found.restart) {
    return Error(Errc::corrupt, "neither restart page can be believed").in("$LogFile");
  }
  if (found.restart->clean()) return report_of(*found.restart, {});
  auto tally = TRY(replay(volume, found).in("$LogFile"));
  return report_of(*found.restart, tally);
}

}  // namespace drydock::ntfs
