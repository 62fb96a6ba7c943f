#include "repair/cli/progress_bar.h"

#include <fmt/format.h>

#include <cstdio>

#include "repair/cli/container.h"

namespace drydock::cli {

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kInterval = std::chrono::milliseconds(200);
// Before that, a rate is a guess.
constexpr double kSecondsBeforeRate = 0.5;

std::string duration_text(double seconds) {
  auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole / 60 % 60);
}

}  // namespace

std::string progress_line(const std::string& what, std::uint64_t done,
                          std::uint64_t total, double seconds) {
  std::string line = fmt::format("{}: ", what);
  if (total != 0) {
    double part = static_cast<double>(done) / static_cast<double>(total);
    line += fmt::format("{:.0f}%, ", part * 100);
  }
  line += binary_size(done);
  if (total != 0) line += " of " + binary_size(total);
  if (seconds < kSecondsBeforeRate || done == 0) return line;
  double rate = static_cast<double>(done) / seconds;
  line += fmt::format(", {}/s", binary_size(static_cast<std::uint64_t>(rate)));
  if (total == 0) return line;
  double left = static_cast<double>(total - done) / rate;
  return line + fmt::format(", {} left", duration_text(left));
}

ProgressBar::ProgressBar(std::string what)
    : what_(std::move(what)),
      wanted_(stderr_is_terminal()),
      start_(Clock::now()),
      drawn_at_(start_) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::fputs("\r\033[K", stderr);
}

Progress ProgressBar::progress() {
  return
      [this](std::uint64_t done, std::uint64_t total) { return update(done, total); };
}

Done ProgressBar::update(std::uint64_t done, std::uint64_t total) {
  if (signal_.came()) return Error(Errc::busy, "stopped by a signal");
  auto now = Clock::now();
  if (!wanted_ || now - drawn_at_ < kInterval) return {};
  drawn_at_ = now;
  drawn_ = true;
  double seconds = std::chrono::duration<double>(now - start_).count();
  std::fputs(
      fmt::format("\r\033[K{}", progress_line(what_, done, total, seconds)).c_str(),
      stderr);
  std::fflush(stderr);
  return {};
}

}  // namespace drydock::cli
