#include "repair/script/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

bool is_letter(char c) {
  char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'z';
}

bool is_name_letter(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_';
}

// A placeholder's name as two of them are told apart: "os disk letter".
std::string simple_name(std::string_view name) {
  std::string simple;
  for (char c : name) {
    if (c == '<' || c == '>' || c == '{' || c == '}') continue;
    bool blank = c == ' ' || c == '\t';
    if (blank && (simple.empty() || simple.back() == ' ')) continue;
    simple += blank ? ' ' : ascii_lower(c);
  }
  while (simple.ends_with(' ')) simple.pop_back();
  return simple;
}

// A placeholder: <NAME> or <<NAME>>.
struct Placeholder {
  std::size_t start = 0;
  std::size_t end = 0;  // behind it
  std::string_view name;
};

std::optional<Placeholder> find_placeholder(std::string_view line, std::size_t from) {
  for (std::size_t at = line.find('<', from); at != std::string_view::npos;
       at = line.find('<', at + 1)) {
    std::size_t depth = line.substr(at).starts_with("<<") ? 2 : 1;
    std::size_t first = at + depth;
    std::size_t last = line.find_first_of("<>\"|&", first);
    if (last == std::string_view::npos || line[last] != '>') continue;
    std::string_view name = line.substr(first, last - first);
    // `sort < in > out` redirects, and has blanks where a name has none.
    if (name.empty() || !is_letter(name[0]) || name.back() == ' ') continue;
    if (depth == 2 && !line.substr(last).starts_with(">>")) continue;
    return Placeholder{.start = at, .end = last + depth, .name = name};
  }
  return std::nullopt;
}

// A variable's name and where it ends, at a % or a $env:.
struct Reference {
  std::string_view name;
  std::size_t length = 0;
};

Result<std::optional<Reference>> find_reference(std::string_view rest) {
  constexpr std::string_view kOfPowerShell = "$env:";
  if (equal_ignoring_case(rest.substr(0, kOfPowerShell.size()), kOfPowerShell)) {
    std::string_view behind = rest.substr(kOfPowerShell.size());
    auto end = std::ranges::find_if_not(behind, is_name_letter);
    auto length = static_cast<std::size_t>(end - behind.begin());
    if (length == 0) return std::optional<Reference>();
    return std::optional(Reference{.name = behind.substr(0, length),
                                   .length = kOfPowerShell.size() + length});
  }
  if (rest[0] != '%' || rest.size() < 2) return std::optional<Reference>();
  if (rest[1] == '~' || rest[1] == '*' || (rest[1] >= '0' && rest[1] <= '9')) {
    return Error(
        Errc::unsupported,
        fmt::format("a script is run without arguments ({})", rest.substr(0, 2)));
  }
  std::size_t end = rest.find('%', 1);
  if (end == std::string_view::npos) return std::optional<Reference>();
  std::string_view name = rest.substr(1, end - 1);
  if (name.find(' ') != std::string_view::npos &&
      name.find('(') == std::string_view::npos) {
    return std::optional<Reference>();  // "50% of 80%"
  }
  return std::optional(Reference{.name = name, .length = end + 1});
}

// Whether the line writes into a registry, which is read by the Windows on the disk.
bool writes_registry(std::string_view line) {
  std::string lower = ascii_lower(line);
  for (std::string_view program : {"reg", "reg.exe"}) {
    std::size_t at = lower.find(std::string(program) + " ");
    if (at == std::string::npos || (at > 0 && is_name_letter(lower[at - 1]))) continue;
    std::size_t word = lower.find_first_not_of(' ', at + program.size());
    if (word != std::string::npos && lower.substr(word, 4) == "add ") return true;
  }
  return false;
}

}  // namespace

Expander::Expander(const Places& places, const Fillings& fillings) : places_(places) {
  for (const auto& [name, value] : fillings) fillings_[simple_name(name)] = value;
}

Result<std::string> Expander::expand(std::string_view line) {
  std::string text = TRY(fill(line));
  text = TRY(substitute(text));
  if (text.size() <= kLineLengthMax) return text;
  return wrong(fmt::format("it becomes {} letters long; {} are the most", text.size(),
                           kLineLengthMax));
}

Result<std::string> Expander::fill(std::string_view line) {
  std::string text;
  std::size_t at = 0;
  while (auto found = find_placeholder(line, at)) {
    auto filling = fillings_.find(simple_name(found->name));
    if (filling == fillings_.end()) {
      return wrong(fmt::format("{} is a place to be filled in: --set \"{}=...\"",
                               line.substr(found->start, found->end - found->start),
                               found->name));
    }
    used_.insert(filling->first);
    std::string value = filling->second;
    std::string_view before = line.substr(at, found->start - at);
    at = found->end;
    // {<ID>} with {default}, and <LETTER>: with F:, mean what they say.
    bool braces = before.ends_with('{') && line.substr(at).starts_with('}');
    if (braces && value.starts_with('{') && value.ends_with('}')) {
      value = value.substr(1, value.size() - 2);
    }
    if (line.substr(at).starts_with(':') && value.ends_with(':')) value.pop_back();
    text += before;
    text += value;
  }
  text += line.substr(at);
  return text;
}

Result<std::string> Expander::value_of(std::string_view name, bool of_registry) const {
  std::string lower = ascii_lower(name);
  if (auto found = variables_.find(lower); found != variables_.end()) {
    return found->second;
  }
  std::string drive = of_registry ? "C:" : places_.drive;
  if (lower == "systemdrive" || lower == "homedrive") return drive;
  if (lower == "systemroot" || lower == "windir") return drive + places_.root;
  if (lower == "programfiles") return drive + "\\Program Files";
  if (lower == "programfiles(x86)") return drive + "\\Program Files (x86)";
  if (lower == "programdata" || lower == "allusersprofile") {
    return drive + "\\ProgramData";
  }
  if (lower == "temp" || lower == "tmp") return drive + places_.root + "\\Temp";
  if (name.find(':') != std::string_view::npos) {
    return Error(Errc::unsupported, fmt::format("a part of a variable: %{}%", name));
  }
  return wrong(fmt::format("%{}% is set nowhere above", name));
}

Result<std::string> Expander::substitute(std::string_view line) const {
  bool of_registry = writes_registry(line);
  std::string text;
  while (!line.empty()) {
    if (line.starts_with("%%")) {
      text += '%';
      line.remove_prefix(2);
      continue;
    }
    std::optional<Reference> found;
    if (line[0] == '%' || line[0] == '$') found = TRY(find_reference(line));
    if (found) {
      text += TRY(value_of(found->name, of_registry));
      line.remove_prefix(found->length);
    } else {
      text += line[0];
      line.remove_prefix(1);
    }
  }
  return text;
}

Done Expander::set(std::string_view assignment) {
  if (assignment.starts_with('"') &&
      assignment.find('"', 1) != std::string_view::npos) {
    assignment = assignment.substr(1, assignment.rfind('"') - 1);
  }
  std::size_t equals = assignment.find('=');
  if (assignment.starts_with('/') || equals == 0 || equals == std::string_view::npos) {
    return Error(Errc::unsupported, "of `set`, only `set NAME=VALUE`");
  }
  std::string name = ascii_lower(assignment.substr(0, equals));
  std::string value(assignment.substr(equals + 1));
  if (value.empty()) {
    variables_.erase(name);
  } else {
    variables_[name] = std::move(value);
  }
  return {};
}

Done Expander::check_all_used() const {
  for (const auto& [name, value] : fillings_) {
    if (used_.contains(name)) continue;
    return wrong(fmt::format("--set {}: no line has such a place, <{}>", name, name));
  }
  return {};
}

}  // namespace drydock::script
