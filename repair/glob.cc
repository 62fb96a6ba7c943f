#include "repair/glob.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

namespace drydock::repair {

bool matches_glob(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  std::size_t letter = 0;
  // Where the last star was, and what it has swallowed: enough to go back to.
  std::size_t star = std::string_view::npos;
  std::size_t swallowed = 0;
  while (letter < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      swallowed = letter;
    } else if (at < pattern.size() &&
               (pattern[at] == '?' || pattern[at] == name[letter])) {
      ++at;
      ++letter;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      letter = ++swallowed;
    } else {
      return false;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

Result<FileTime> parse_time(std::string_view text) {
  Error bad(
      Errc::bad_argument,
      fmt::format("\"{}\" isn't a time, as 2024-01-31 and 2024-01-31T12:30:00 are",
                  text));
  std::string_view rest = text;
  if (rest.ends_with('Z')) rest.remove_suffix(1);
  std::array<unsigned, 6> numbers{0, 1, 1, 0, 0, 0};
  constexpr std::string_view kBefore = " --T::";
  std::size_t count = 0;
  for (; count < numbers.size() && !rest.empty(); ++count) {
    if (count > 0) {
      if (rest[0] != kBefore[count]) return bad;
      rest.remove_prefix(1);
    }
    auto [end, error] =
        std::from_chars(rest.data(), rest.data() + rest.size(), numbers[count]);
    if (error != std::errc()) return bad;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  auto [year, month, day, hour, minute, second] = numbers;
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                   std::chrono::month(month), std::chrono::day(day)};
  bool time = hour < 24 && minute < 60 && second < 60;
  if (!rest.empty() || count < 3 || year < 1601 || year > 9999 || !date.ok() || !time) {
    return bad;
  }
  constexpr std::int64_t kDaysTo1970 = 134'774;  // from 1601-01-01
  auto days = std::chrono::sys_days(date).time_since_epoch().count() + kDaysTo1970;
  auto seconds =
      static_cast<std::uint64_t>(days) * 86'400 + hour * 3'600u + minute * 60u + second;
  return seconds * 10'000'000;
}

}  // namespace drydock::repair
