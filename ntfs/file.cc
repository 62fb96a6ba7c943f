#include "ntfs/file.h"

#include <fmt/format.h>

#include <chrono>

#include "vhd/base/try.h"

namespace drydock {

namespace {

// From 1601-01-01 to 1970-01-01, in FILETIME's ticks.
constexpr FileTime kUnixEpoch = 116'444'736'000'000'000;
constexpr FileTime kTicksPerSecond = 10'000'000;

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
  // FILETIME ends in the year 60056; fmt's calendar goes as far.
  auto seconds = static_cast<std::int64_t>(time / kTicksPerSecond) -
                 static_cast<std::int64_t>(kUnixEpoch / kTicksPerSecond);
  std::chrono::sys_seconds point{std::chrono::seconds(seconds)};
  auto day = std::chrono::floor<std::chrono::days>(point);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(point - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

Result<ByteVector> read_file(const File& file, std::uint64_t size_max) {
  DevicePtr data = TRY(file.data());
  return read_bytes(*data, 0, data->size(), size_max);
}

}  // namespace drydock
