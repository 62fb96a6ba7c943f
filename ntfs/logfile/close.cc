#include <algorithm>

#include "ntfs/logfile/log_layout.h"
#include "ntfs/logfile/log_of_volume.h"
#include "ntfs/logfile/record_pages.h"
#include "ntfs/logfile/replay.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

// The greatest LSN that any page of the log names, wherever the page is.
Result<std::uint64_t> newest_lsn(const SystemFile& log, const LogLayout& layout) {
  std::uint64_t newest = 0;
  auto pages = TRY(RecordPages::open(log, layout));
  for (std::uint64_t i = layout.first_record_page(); i < layout.page_count(); ++i) {
    Bytes page = TRY(pages.page(i));
    if (!page.empty()) newest = std::max(newest, RecordPages::newest_lsn(page));
  }
  return newest;
}

}  // namespace

Done close_log(BlockDevice& volume) {
  auto found = TRY(find_log(volume));
  if (found.unused) return {};
  std::uint64_t size =
      std::min(found.file.size() / kLogPageSize * kLogPageSize, kLogSizeMax);
  Restart restart{.major_version = 1,
                  .page_size = kLogPageSize,
                  .sequence_bits = sequence_bits_for(size),
                  .log_size = size};
  if (found.restart) {
    auto layout = log_layout(*found.restart, found.file.size());
    // One whose numbers can't be is laid out anew.
    if (layout) {
      restart = *found.restart;
    } else if (layout.error().code() != Errc::corrupt) {
      return std::move(layout).error().in("$LogFile");
    }
  }
  // Whatever was logged since the restart pages were written counts too.
  LogLayout layout{.major_version = restart.major_version,
                   .sequence_bits = restart.sequence_bits,
                   .size = restart.log_size};
  std::uint64_t newest = TRY(newest_lsn(found.file, layout).in("$LogFile"));
  ByteVector page = clean_restart_page(
      restart.log_size, std::max(newest, restart.current_lsn), restart.open_count + 1);
  for (std::uint64_t at : {kLogPageSize, 0u}) {
    TRY(found.file.write(at, page).in("$LogFile"));
  }
  return {};
}

}  // namespace drydock::ntfs
