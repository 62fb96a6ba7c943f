#include "ntfs/fat/time.h"

#include <algorithm>
#include <chrono>

namespace drydock::fat {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr FileTime kTicksPerSecond = 10'000'000;
constexpr FileTime kTicksPerTenth = kTicksPerSecond / 100;
constexpr FileTime kTicksPerDay = 86'400 * kTicksPerSecond;

constexpr int kFirstYear = 1980;
constexpr int kLastYear = kFirstYear + 127;

constexpr sys_days day(int year, unsigned month, unsigned day_of_month) {
  return sys_days(year_month_day(std::chrono::year(year), std::chrono::month(month),
                                 std::chrono::day(day_of_month)));
}

constexpr sys_days kEpoch = day(1601, 1, 1);

constexpr FileTime ticks_of(sys_days date) {
  return static_cast<FileTime>((date - kEpoch).count()) * kTicksPerDay;
}

}  // namespace

FileTime to_file_time(const Stamp& stamp) {
  year_month_day date(std::chrono::year(kFirstYear + (stamp.date >> 9)),
                      std::chrono::month(stamp.date >> 5 & 15u),
                      std::chrono::day(stamp.date & 31u));
  std::uint64_t hours = stamp.time >> 11;
  std::uint64_t minutes = stamp.time >> 5 & 63u;
  std::uint64_t seconds = (stamp.time & 31u) * 2;
  if (!date.ok() || hours > 23 || minutes > 59 || seconds > 58 || stamp.tenths > 199) {
    return 0;
  }
  return ticks_of(date) + ((hours * 60 + minutes) * 60 + seconds) * kTicksPerSecond +
         stamp.tenths * kTicksPerTenth;
}

Stamp to_stamp(FileTime time) {
  constexpr FileTime kMin = ticks_of(day(kFirstYear, 1, 1));
  constexpr FileTime kMax = ticks_of(day(kLastYear + 1, 1, 1)) - 1;
  time = std::clamp(time, kMin, kMax);
  year_month_day date(kEpoch + days(static_cast<std::int64_t>(time / kTicksPerDay)));
  FileTime of_day = time % kTicksPerDay;
  FileTime seconds = of_day / kTicksPerSecond;
  auto year = static_cast<unsigned>(static_cast<int>(date.year()) - kFirstYear);
  Stamp stamp;
  stamp.date = static_cast<std::uint16_t>(year << 9 | unsigned(date.month()) << 5 |
                                          unsigned(date.day()));
  stamp.time = static_cast<std::uint16_t>(seconds / 3600 << 11 |
                                          seconds / 60 % 60 << 5 | seconds % 60 / 2);
  stamp.tenths =
      static_cast<std::uint8_t>(of_day % (2 * kTicksPerSecond) / kTicksPerTenth);
  return stamp;
}

}  // namespace drydock::fat
