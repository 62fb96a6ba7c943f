#include "ntfs/logfile/record_pages.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include "ntfs/record/fixups.h"
#include "ntfs/logfile/format.h"
#include "vhd/base/try.h"

namespace drydock::ntfs {

namespace {

constexpr std::uint64_t kFirstCopy = 2;  // The restart pages come first.

// Which of two states of one page is the later.
auto age(const RecordPage& page) {
  return std::tuple<std::uint64_t, std::uint64_t, std::uint16_t>(
      std::max<std::uint64_t>(page.last_lsn, page.last_end_lsn), page.last_end_lsn,
      page.next_record_offset);
}

}  // namespace

Result<RecordPages> RecordPages::open(const SystemFile& log, const LogLayout& layout) {
  RecordPages pages(log, layout);
  TRY(pages.place_copies());
  return pages;
}

Result<ByteVector> RecordPages::read(std::uint64_t index) const {
  ByteVector page(kLogPageSize);
  TRY(log_->read(index * kLogPageSize, page));
  bool sound = as_text(Bytes(page).first(4)) == "RCRD" && take_fixups(page);
  if (!sound) page.clear();
  return page;
}

Done RecordPages::place_copies() {
  for (std::uint64_t i = kFirstCopy; i < layout_.first_record_page(); ++i) {
    auto copy = TRY(read(i));
    if (copy.empty()) continue;
    auto header = *load<RecordPage>(copy);
    std::uint64_t offset = layout_.major_version >= 2
                               ? std::uint64_t{header.file_offset}
                               : std::uint64_t{header.last_lsn};
    std::uint64_t index = offset / kLogPageSize;
    // A page that was a record page before the log turned to 2.0 has anything
    // here.
    if (offset % kLogPageSize != 0 || index < layout_.first_record_page() ||
        index >= layout_.page_count()) {
      continue;
    }
    if (layout_.major_version < 2) {
      // Its place stood where a page has its last LSN; every record that was
      // added to a tail page ends in it.
      header.last_lsn = header.last_end_lsn;
      static_cast<void>(store(copy, 0, header));
    }
    auto known = copies_.find(index);
    ByteVector there = known != copies_.end() ? known->second : TRY(read(index));
    if (!there.empty() && age(*load<RecordPage>(there)) >= age(header)) continue;
    copies_[index] = std::move(copy);
  }
  return {};
}

Result<Bytes> RecordPages::page(std::uint64_t index) {
  auto copy = copies_.find(index);
  if (copy != copies_.end()) return Bytes(copy->second);
  if (cached_index_ != index) {
    cached_ = TRY(read(index));
    cached_index_ = index;
  }
  return Bytes(cached_);
}

std::uint64_t RecordPages::newest_lsn(Bytes page) {
  auto header = *load<RecordPage>(page);
  return std::max<std::uint64_t>(header.last_lsn, header.last_end_lsn);
}

}  // namespace drydock::ntfs
