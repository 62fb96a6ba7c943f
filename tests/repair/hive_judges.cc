#include "tests/repair/hive_judges.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "repair/hive/check.h"
#include "tests/repair/hive_support.h"
#include "tests/support/run.h"
#include "tests/support/temp_folder.h"

namespace drydock::hive {

namespace {

// regfexport writes each piece of a line by itself, which takes a pipe seconds.
std::string printed_by(const std::string& command, const std::filesystem::path& path) {
  TempFolder folder;
  std::filesystem::path out = folder / "out";
  run({"sh", "-c", command + " \"$0\" >\"$1\"", path, out});
  std::error_code absent;
  auto size = std::filesystem::file_size(out, absent);
  std::string text(absent ? 0 : size, '\0');
  std::ifstream(out, std::ios::binary)
      .read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

std::string by_reglookup(const std::filesystem::path& path) {
  return printed_by("LC_ALL=C exec reglookup -H", path);
}

std::string by_regfexport(const std::filesystem::path& path) {
  std::string text = printed_by("LC_ALL=C.UTF-8 exec regfexport", path);
  return text.substr(std::min(text.size(), text.find("\n\n") + 2));  // its own name
}

// Of a line so many letters are shown.
constexpr std::size_t kShownMax = 200;

// The first line in which two texts differ, as each has it; "" where none does.
std::string first_difference(const std::string& ours, const std::string& theirs) {
  if (ours == theirs) return "";
  auto [a, b] = std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end());
  auto line_at = [](const std::string& text, std::string::const_iterator at) {
    auto middle = static_cast<std::size_t>(at - text.begin());
    std::size_t start = middle == 0 ? 0 : text.rfind('\n', middle - 1) + 1;
    return text.substr(start, std::min(kShownMax, text.find('\n', start) - start));
  };
  return fmt::format("line {}: \"{}\", where ours is \"{}\"\n",
                     std::count(ours.begin(), a, '\n') + 1, line_at(theirs, b),
                     line_at(ours, a));
}

}  // namespace

std::string reglookup_objection(const std::filesystem::path& path, const Hive& hive,
                                Bytes file) {
  if (!have_program("reglookup")) return "";
  auto ours = reglookup_text(hive, file);
  if (!ours) return ours.error().describe();
  return first_difference(*ours, by_reglookup(path));
}

std::string regfexport_objection(const std::filesystem::path& path, const Hive& hive,
                                 Bytes file) {
  if (!have_program("regfexport")) return "";
  auto ours = regfexport_text(hive, file);
  if (!ours) return ours.error().describe();
  return first_difference(*ours, by_regfexport(path));
}

std::string hivex_objection(const std::filesystem::path& path, const Hive& hive) {
  auto ours = content_by_us(hive);
  if (!ours) return ours.error().describe();
  Content theirs = content_by_hivex(path);
  if (*ours == theirs) return "";
  for (const auto& [key, content] : *ours) {
    auto found = theirs.find(key);
    if (found == theirs.end()) return "it lacks " + key;
    if (!(found->second == content)) return "it has other values in " + key;
  }
  return "it has other keys, too";
}

std::string objections(Bytes file) {
  std::string found;
  for (const Problem& problem : check(file).problems) {
    found += fmt::format("check: {}: {}\n", problem.where, problem.what);
  }
  auto hive = open_hive({file.begin(), file.end()});
  if (!hive) return found + hive.error().describe();
  TempFolder folder;
  std::filesystem::path path = folder / "hive";
  write_file(path, file);
  auto add = [&](const char* judge, const std::string& words) {
    if (!words.empty()) found += fmt::format("{}: {}\n", judge, words);
  };
  add("hivex", hivex_objection(path, *hive));
  add("reglookup", reglookup_objection(path, *hive, file));
  add("regfexport", regfexport_objection(path, *hive, file));
  return found;
}

}  // namespace drydock::hive
