// The log's record pages as they were meant to be.
//
// A page that was written half full would tear the records in it if it were
// written again in place and the power failed.  So version 1.1 writes such a page
// to one of two tail pages first, and 2.0 to one of 32 fast pages, and only later
// to its place.  Here every page is shown at its place, in its newest state.

#pragma once

#include <cstdint>
#include <map>

#include "ntfs/logfile/log_layout.h"
#include "ntfs/logfile/system_file.h"

namespace drydock::ntfs {

class RecordPages {
 public:
  // `log` is borrowed.
  static Result<RecordPages> open(const SystemFile& log, const LogLayout& layout);

  const LogLayout& layout() const { return layout_; }

  // The page, its fixups taken off, until the next call; empty where it is torn,
  // or was never written.
  Result<Bytes> page(std::uint64_t index);

  // The greatest LSN that a page names.
  static std::uint64_t newest_lsn(Bytes page);

 private:
  RecordPages(const SystemFile& log, const LogLayout& layout)
      : log_(&log), layout_(layout) {}
  Result<ByteVector> read(std::uint64_t index) const;
  Done place_copies();

  const SystemFile* log_;
  LogLayout layout_;
  std::map<std::uint64_t, ByteVector> copies_;  // by the index of their place
  std::uint64_t cached_index_ = 0;              // a restart page's: none
  ByteVector cached_;
};

}  // namespace drydock::ntfs
