#include "repair/script/script.h"

#include <fmt/format.h>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

constexpr std::string_view kOwnVolume = "C:";

std::string place_of(const Call& call) { return fmt::format("line {}", call.line); }

Error unknown_command(const Call& call) {
  std::string words = fmt::format("\"{}\" is no command that is known here", call.name);
  std::string likely = likely_verb(call.name);
  if (!likely.empty()) words += fmt::format("; is {} meant?", likely);
  return Error(Errc::bad_argument, std::move(words));
}

Result<Line> prepare(Call call) {
  const Verb* verb = find_verb(call.name);
  if (verb == nullptr) return unknown_command(call);
  script::Run run = TRY(verb->prepare(call));
  return Line{.call = std::move(call), .run = std::move(run)};
}

// Whether what stands behind `if` holds.
Result<bool> holds(const Condition& condition, Machine& machine) {
  const repair::Disk& disk = *TRY(machine.disk());
  bool there = false;
  if (!machine.is_elsewhere(condition.path)) {
    repair::GuestPath path = TRY(machine.resolve(condition.path));
    auto found = TRY(disk.volume(path.partition))->find(path.path);
    if (!found && found.error().code() != Errc::not_found) {
      return std::move(found).error();
    }
    there = bool(found);
  }
  return there != condition.negated;
}

Done run_line(const Line& line, Machine& machine) {
  for (const std::string& note : line.call.notes) machine.note(note);
  if (line.call.condition && !TRY(holds(*line.call.condition, machine))) {
    machine.note(fmt::format("not run: {} is{} there", line.call.condition->path,
                             line.call.condition->negated ? "" : "n't"));
    return {};
  }
  TRY(line.run(machine));
  return machine.end(line.call.output);
}

}  // namespace

Result<std::string> decode_text(Bytes file) {
  constexpr std::size_t kMarkSize = 2;
  bool wide = file.size() >= kMarkSize && file[0] == std::byte{0xff} &&
              file[1] == std::byte{0xfe};
  if (file.size() > (wide ? 2 : 1) * kTextSizeMax) {
    return Error(Errc::bad_argument,
                 fmt::format("{} bytes are more than a script has", file.size()));
  }
  if (wide) {
    std::u16string units;
    for (std::size_t at = kMarkSize; at + 1 < file.size(); at += 2) {
      auto low = std::to_integer<unsigned>(file[at]);
      auto high = std::to_integer<unsigned>(file[at + 1]);
      units += static_cast<char16_t>(low | high << 8);
    }
    return to_utf8(units);
  }
  std::string text(reinterpret_cast<const char*>(file.data()), file.size());
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  if (!to_utf16(text) || text.find('\0') != std::string::npos) {
    return Error(Errc::bad_argument, "a script is text, in UTF-8 or UTF-16");
  }
  // Blanks of web pages, which come along when a command is copied from one.
  constexpr std::string_view kHardBlank = "\xc2\xa0";
  for (std::size_t at = text.find(kHardBlank); at != std::string::npos;
       at = text.find(kHardBlank, at)) {
    text.replace(at, kHardBlank.size(), " ");
  }
  return text;
}

Result<Drives> parse_drives(const std::vector<std::string>& words) {
  Drives drives;
  for (const std::string& word : words) {
    std::string upper = word.substr(0, 1);
    if (!upper.empty() && upper[0] >= 'a' && upper[0] <= 'z') upper[0] -= 'a' - 'A';
    bool letter = !upper.empty() && upper[0] >= 'A' && upper[0] <= 'Z';
    std::string_view rest = std::string_view(word).substr(upper.size());
    if (rest.starts_with(':')) rest.remove_prefix(1);
    bool whole = rest.empty() || (rest[0] == '=' && rest.size() > 1);
    if (!letter || !whole) {
      return Error(Errc::bad_argument,
                   fmt::format("--drive {}: a letter belongs there, as F:, or a letter "
                               "and its volume, as G:=esp",
                               word));
    }
    std::string volume(rest.empty() ? kOwnVolume : rest.substr(1));
    if (!volume.ends_with(':')) volume += ':';
    if (!drives.emplace(upper[0], std::move(volume)).second) {
      return Error(Errc::bad_argument, fmt::format("--drive {}: twice", word));
    }
  }
  return drives;
}

Places places_of(const Drives& drives, std::string_view root) {
  Places places;
  places.root = root;
  for (const auto& [letter, volume] : drives) {
    if (equal_ignoring_case(volume, kOwnVolume)) {
      places.drive = fmt::format("{}:", letter);
    }
  }
  return places;
}

Result<Script> read_script(std::string_view text, const Places& places,
                           const Fillings& fillings) {
  Script script;
  for (Call& call : TRY(read_calls(text, places, fillings))) {
    std::string place = place_of(call);
    script.push_back(TRY(prepare(std::move(call)).in(place)));
  }
  if (script.empty()) return Error(Errc::bad_argument, "there is no command in it");
  return script;
}

Done run(const Script& script, Machine& machine) {
  for (const Line& line : script) {
    machine.begin(line.call.line, line.call.text);
    TRY(run_line(line, machine).in(place_of(line.call)));
    if (!machine.stopped()) continue;
    std::ptrdiff_t left = &script.back() - &line;
    if (left > 0) {
      machine.note(fmt::format("the script ends here: {} command{} behind it {} run",
                               left, left == 1 ? "" : "s",
                               left == 1 ? "isn't" : "aren't"));
    }
    break;
  }
  return machine.finish();
}

}  // namespace drydock::script
