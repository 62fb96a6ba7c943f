#include "ntfs/logfile/log_layout.h"

#include <fmt/format.h>

#include "ntfs/logfile/format.h"

namespace drydock::ntfs {

namespace {

Error cannot_be(std::string_view what, std::uint64_t value) {
  return Error(Errc::corrupt, fmt::format("{} of {} can't be", what, value));
}

bool is_known(const Restart& restart) {
  return (restart.major_version == 1 && restart.minor_version == 1) ||
         (restart.major_version == 2 && restart.minor_version == 0);
}

}  // namespace

bool LogLayout::believes(std::uint64_t lsn) const {
  std::uint64_t offset = offset_of(lsn);
  std::uint64_t within = offset % kLogPageSize;
  return offset < size && offset / kLogPageSize >= first_record_page() &&
         within >= data_offset && within <= kLogPageSize - record_header_size;
}

Result<LogLayout> log_layout(const Restart& restart, std::uint64_t data_size) {
  if (!is_known(restart)) {
    return Error(Errc::unsupported,
                 fmt::format("version {}.{} of $LogFile isn't one that we replay",
                             restart.major_version, restart.minor_version));
  }
  if (restart.page_size != kLogPageSize || restart.log_page_size != kLogPageSize) {
    return Error(
        Errc::unsupported,
        fmt::format("pages of {} and {} bytes in $LogFile aren't what we replay",
                    restart.page_size, restart.log_page_size));
  }
  if (restart.log_size > data_size || restart.log_size > kLogSizeMax ||
      restart.log_size % kLogPageSize != 0 ||
      restart.log_size / kLogPageSize < kLogPageCountMin) {
    return cannot_be("a log size", restart.log_size);
  }
  if (restart.sequence_bits != sequence_bits_for(restart.log_size)) {
    return cannot_be("a count of sequence bits", restart.sequence_bits);
  }
  if (restart.record_header_size < sizeof(LogRecordHeader) ||
      restart.record_header_size % 8 != 0 || restart.record_header_size > 0x100) {
    return cannot_be("a record header size", restart.record_header_size);
  }
  if (restart.data_offset < sizeof(RecordPage) || restart.data_offset % 8 != 0 ||
      restart.data_offset > 0x200) {
    return cannot_be("a page's data offset", restart.data_offset);
  }
  return LogLayout{.major_version = restart.major_version,
                   .sequence_bits = restart.sequence_bits,
                   .size = restart.log_size,
                   .record_header_size = restart.record_header_size,
                   .data_offset = restart.data_offset};
}

}  // namespace drydock::ntfs
