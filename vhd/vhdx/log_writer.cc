#include "vhd/vhdx/log_writer.h"

#include <algorithm>

#include "vhd/base/checked.h"
#include "vhd/base/try.h"

namespace drydock::vhdx {

namespace {

// Writes to the log, which begins again where it ends.
Done write_ring(BlockDevice& file, const Header& header, std::uint64_t at,
                Bytes bytes) {
  std::uint64_t first = std::min<std::uint64_t>(bytes.size(), header.log_length - at);
  TRY(file.write(header.log_offset + at, bytes.first(first)));
  return file.write(header.log_offset, bytes.subspan(first));
}

Done set_log_guid(BlockDevice& file, Headers& headers, const Guid& log_guid) {
  Header header = headers.current();
  header.log_guid = log_guid;
  header.log_version = kLogVersion;
  return headers.update(file, header);
}

Done write_in_place(BlockDevice& file, const std::vector<PageWrite>& pages) {
  for (const PageWrite& page : pages) {
    TRY(file.write(page.file_offset, page.contents));
  }
  return {};
}

}  // namespace

Done write_through_log(BlockDevice& file, Headers& headers, const Guid& log_guid,
                       const std::vector<PageWrite>& pages,
                       std::uint64_t structures_end) {
  std::uint64_t log_length = headers.current().log_length;
  // Half of the log, so that an entry never overwrites the one before it, which
  // must stand until the new one does.
  std::uint64_t count_max = log_entry_page_count_max(log_length / 2);
  LogEntryHeader entry{};
  entry.log_guid = log_guid;
  entry.flushed_file_offset = file.size() / kAlignment * kAlignment;
  entry.last_file_offset = checked::div_up(structures_end, kAlignment) * kAlignment;
  std::uint64_t at = 0;
  for (std::size_t done = 0; done < pages.size();) {
    auto first = pages.begin() + static_cast<std::ptrdiff_t>(done);
    std::uint64_t count = std::min<std::uint64_t>(count_max, pages.size() - done);
    std::vector<PageWrite> part(first, first + static_cast<std::ptrdiff_t>(count));
    // What the earlier entries say is in place, so each sequence is one entry.
    entry.tail = static_cast<std::uint32_t>(at);
    entry.sequence_number = entry.sequence_number + 1;
    ByteVector bytes = make_log_entry(entry, part);
    TRY(write_ring(file, headers.current(), at, bytes));
    // The entry, and what its pages will point at.
    TRY(file.flush());
    // Only now: a GUID in the header without an entry in the log means that the
    // file is corrupt.
    if (done == 0) TRY(set_log_guid(file, headers, log_guid));
    TRY(write_in_place(file, part));
    // The entry is needed until its pages are safe in their place.
    TRY(file.flush());
    at = (at + bytes.size()) % log_length;
    done += count;
  }
  TRY(set_log_guid(file, headers, Guid{}));
  return file.flush();
}

}  // namespace drydock::vhdx
