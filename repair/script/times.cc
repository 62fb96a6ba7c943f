#include "repair/script/times.h"

#include <fmt/format.h>

#include <string_view>

namespace drydock::script {

namespace {

struct Clock {
  std::string year;
  int month = 0;
  int day = 0;
  int hour = 0;  // 1 to 12
  std::string minute;
  std::string_view half;  // of the day
};

int number(std::string_view two) { return (two[0] - '0') * 10 + (two[1] - '0'); }

Clock clock_of(FileTime time) {
  std::string text = to_string_utc(time);  // "2024-01-02T03:04:05Z"
  constexpr std::size_t kBehindYear = 16;
  std::string_view rest = std::string_view(text).substr(text.size() - kBehindYear);
  int hour = number(rest.substr(7));
  return {.year = text.substr(0, text.size() - kBehindYear),
          .month = number(rest.substr(1)),
          .day = number(rest.substr(4)),
          .hour = hour % 12 == 0 ? 12 : hour % 12,
          .minute = std::string(rest.substr(10, 2)),
          .half = hour < 12 ? "AM" : "PM"};
}

}  // namespace

std::string padded_time(FileTime time) {
  Clock clock = clock_of(time);
  return fmt::format("{:02}/{:02}/{}  {:02}:{} {}", clock.month, clock.day, clock.year,
                     clock.hour, clock.minute, clock.half);
}

std::string plain_time(FileTime time) {
  Clock clock = clock_of(time);
  return fmt::format("{}/{}/{} {}:{} {}", clock.month, clock.day, clock.year,
                     clock.hour, clock.minute, clock.half);
}

}  // namespace drydock::script
