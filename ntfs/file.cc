#include "ntfs/file.h"

#include <fmt/format.h>

#include "vhd/base/try.h"

namespace drydock {

namespace {

constexpr FileTime kTicksPerSecond = 10'000'000;
constexpr std::uint64_t kSecondsPerDay = 86'400;

struct Date {
  std::uint64_t year, month, day;
};

// The date `days` after 1601-01-01.  A FILETIME may lie in the year 60056, which
// is more than std::chrono's calendar knows.
Date date_of(std::uint64_t days) {
  // Counted from 1600-03-01: leap days then end their years, and 1600, which can
  // be divided by 400, begins an era.
  constexpr std::uint64_t kDaysPerEra = 146'097;  // of 400 years
  days += 306;
  std::uint64_t day_of_era = days % kDaysPerEra;
  std::uint64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) /
      365;
  std::uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  std::uint64_t month_from_march = (5 * day_of_year + 2) / 153;
  Date date{
      .year = 1600 + days / kDaysPerEra * 400 + year_of_era,
      .month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9,
      .day = day_of_year - (153 * month_from_march + 2) / 5 + 1};
  if (date.month <= 2) ++date.year;
  return date;
}

}  // namespace

std::string_view to_string(FileKind kind) {
  switch (kind) {
    case FileKind::file:
      return "file";
    case FileKind::directory:
      return "directory";
    case FileKind::reparse_point:
      return "reparse_point";
  }
  return "unknown";
}

std::string to_string_utc(FileTime time) {
  std::uint64_t seconds = time / kTicksPerSecond;
  Date date = date_of(seconds / kSecondsPerDay);
  seconds %= kSecondsPerDay;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", date.year, date.month,
                     date.day, seconds / 3600, seconds / 60 % 60, seconds % 60);
}

Result<ByteVector> read_file(const File& file, std::uint64_t size_max) {
  DevicePtr data = TRY(file.data());
  return read_bytes(*data, 0, data->size(), size_max);
}

}  // namespace drydock
