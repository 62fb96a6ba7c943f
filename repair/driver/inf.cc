#include "repair/driver/inf.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "repair/text_file.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

constexpr Language kPrimaryLanguage = 0x03ff;  // PRIMARYLANGID()

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\x1a'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string place_of(std::size_t line) { return fmt::format("line {}", line); }

// Where a %NAME% that begins at `at` ends: a semicolon in it is a part of the name, in
// which quotes, commas and equals signs don't stand.  `at` where none begins there.
std::size_t end_of_token(std::string_view line, std::size_t at) {
  if (at + 1 < line.size() && is_blank(line[at + 1])) return at;  // 50% ; or 40%
  std::size_t end = line.find_first_of("%\",=", at + 1);
  return end != std::string_view::npos && line[end] == '%' ? end : at;
}

// A line of the file without its comment.  Nothing where a quote stays open.
std::optional<std::string_view> without_comment(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && line[i] == '%') {
      i = end_of_token(line, i);
    } else if (!quoted && line[i] == ';') {
      return trimmed(line.substr(0, i));
    }
  }
  if (quoted) return std::nullopt;
  return trimmed(line);
}

// Takes a line apart.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  Result<InfLine> run();

 private:
  void take(char c);
  void take_quoted(char c);
  void end_field();

  std::string_view text_;
  std::size_t at_ = 0;
  bool quoted_ = false;
  std::string field_;
  std::size_t kept_ = 0;  // of field_: blanks behind it fall away
  InfLine line_;
};

void Splitter::take_quoted(char c) {
  if (c != '"') {
    field_ += c;
  } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
    field_ += c;
    ++at_;
  } else {
    quoted_ = false;
  }
  kept_ = field_.size();
}

void Splitter::take(char c) {
  if (c == '"') {
    quoted_ = true;
    kept_ = field_.size();
  } else if (c == ',') {
    end_field();
  } else if (c == '=' && !line_.key && line_.fields.empty()) {
    end_field();
    line_.key = std::move(line_.fields.front());
    line_.fields.clear();
  } else if (!is_blank(c)) {
    field_ += c;
    kept_ = field_.size();
  } else if (!field_.empty()) {
    field_ += c;
  }
}

void Splitter::end_field() {
  field_.resize(kept_);
  line_.fields.push_back(std::move(field_));
  field_.clear();
  kept_ = 0;
}

Result<InfLine> Splitter::run() {
  for (; at_ < text_.size(); ++at_) {
    if (quoted_) {
      take_quoted(text_[at_]);
    } else {
      take(text_[at_]);
    }
    if (field_.size() > kInfFieldLengthMax) {
      return Error(Errc::corrupt,
                   fmt::format("a field of more than {} letters", kInfFieldLengthMax));
    }
  }
  end_field();
  return std::move(line_);
}

}  // namespace

// Reads a file from front to back.
class InfReader {
 public:
  explicit InfReader(std::string_view text) : rest_(text) {}

  Done run();
  Inf& inf() { return inf_; }
  std::size_t line() const { return line_; }

 private:
  std::string_view take_line();
  // A line with those that it goes on in.
  Result<std::string> take_whole_line(std::string_view first);
  Done open_section(std::string_view line);
  Done add_line(std::string_view text, std::size_t number);

  std::string_view rest_;
  std::size_t line_ = 0;
  std::optional<std::size_t> section_;  // the open one
  std::size_t field_count_ = 0;
  Inf inf_;
};

std::string_view InfReader::take_line() {
  ++line_;
  std::string_view line = rest_.substr(0, rest_.find('\n'));
  rest_.remove_prefix(std::min(rest_.size(), line.size() + 1));
  return line;
}

Result<std::string> InfReader::take_whole_line(std::string_view first) {
  std::string whole;
  std::string_view physical = first;
  for (;;) {
    auto line = without_comment(physical);
    if (!line) return Error(Errc::corrupt, "a quote is opened and not closed");
    bool goes_on = line->ends_with('\\');
    // Of several, the last one continues and the others count for nothing.
    while (line->ends_with('\\')) line->remove_suffix(1);
    whole += *line;
    if (!goes_on || rest_.empty()) return whole;
    physical = take_line();
  }
}

Done InfReader::open_section(std::string_view line) {
  std::size_t end = line.find(']');
  if (end == std::string_view::npos) {
    return Error(Errc::corrupt, "a section's name begins and isn't closed by ]");
  }
  std::string_view name = line.substr(1, end - 1);
  if (name.size() > kInfSectionNameLengthMax) {
    return Error(Errc::corrupt, fmt::format("a section's name of more than {} letters",
                                            kInfSectionNameLengthMax));
  }
  auto [place, is_new] =
      inf_.by_name_.try_emplace(ascii_lower(name), inf_.sections_.size());
  if (is_new) inf_.sections_.push_back({.name = std::string(name)});
  section_ = place->second;
  return {};
}

Done InfReader::add_line(std::string_view text, std::size_t number) {
  if (!section_) return Error(Errc::corrupt, "text stands before the first section");
  InfLine line = TRY(Splitter(text).run());
  line.number = number;
  field_count_ += line.fields.size() + (line.key ? 1 : 0);
  if (field_count_ > kInfFieldCountMax) {
    return Error(Errc::corrupt,
                 fmt::format("the file has more than {} fields", kInfFieldCountMax));
  }
  inf_.sections_[*section_].lines.push_back(std::move(line));
  return {};
}

Done InfReader::run() {
  while (!rest_.empty()) {
    std::string_view physical = trimmed(take_line());
    if (physical.starts_with('[')) {
      TRY(open_section(physical));
      continue;
    }
    std::size_t number = line_;
    std::string whole = TRY(take_whole_line(physical));
    if (whole.empty()) continue;
    TRY(add_line(whole, number));
  }
  return {};
}

Result<Inf> Inf::read(Bytes file, Language language) {
  if (file.size() > kInfSizeMax) {
    return Error(Errc::corrupt, fmt::format("{} bytes are more than the {} of an INF",
                                            file.size(), kInfSizeMax));
  }
  std::string text = TRY(repair::decode_text_file(file));
  if (text.find('\0') != std::string::npos) {
    return Error(Errc::corrupt, "there are zeros in it: it isn't text");
  }
  InfReader reader(text);
  if (auto done = reader.run(); !done) {
    return std::move(done).error().in(place_of(reader.line()));
  }
  Inf inf = std::move(reader.inf());
  inf.choose_strings(language);
  return inf;
}

// The section of the language itself, else of its family without a country, else with
// any, else the one that names no language: one section, not several.
void Inf::choose_strings(Language language) {
  const InfSection* chosen = find("Strings");
  int best = 0;
  for (const InfSection& section : sections_) {
    constexpr std::string_view kPrefix = "strings.";
    std::string name = ascii_lower(section.name);
    if (!name.starts_with(kPrefix)) continue;
    auto number = parse_inf_number("0x" + name.substr(kPrefix.size()));
    if (!number || (*number & kPrimaryLanguage) != (language & kPrimaryLanguage)) {
      continue;
    }
    int fit = *number == language                        ? 3
              : *number == (language & kPrimaryLanguage) ? 2
                                                         : 1;
    if (fit <= best) continue;
    best = fit;
    chosen = &section;
  }
  if (chosen == nullptr) return;
  for (const InfLine& line : chosen->lines) {
    if (!line.key || line.fields.empty()) continue;
    strings_.try_emplace(ascii_lower(*line.key), line.fields.front());
  }
}

const InfSection* Inf::find(std::string_view name) const {
  auto found = by_name_.find(ascii_lower(name));
  return found == by_name_.end() ? nullptr : &sections_[found->second];
}

const InfLine* Inf::find(std::string_view section, std::string_view key) const {
  const InfSection* found = find(section);
  if (found == nullptr) return nullptr;
  for (const InfLine& line : found->lines) {
    if (line.key && equal_ignoring_case(*line.key, key)) return &line;
  }
  return nullptr;
}

Result<std::string> Inf::expand(std::string_view text, std::size_t line) const {
  std::string whole;
  while (!text.empty()) {
    std::size_t begin = std::min(text.find('%'), text.size());
    whole += text.substr(0, begin);
    text.remove_prefix(begin);
    if (text.empty()) break;
    std::size_t end = text.find('%', 1);
    if (end == std::string_view::npos) {
      whole += text;
      break;
    }
    std::string_view name = text.substr(1, end - 1);
    auto found = strings_.find(ascii_lower(name));
    if (name.empty()) {
      whole += '%';
    } else if (found != strings_.end()) {
      whole += found->second;
    } else {
      whole += text.substr(0, end + 1);
    }
    text.remove_prefix(end + 1);
    if (whole.size() > kInfFieldLengthMax) break;
  }
  if (whole.size() > kInfFieldLengthMax) {
    return Error(Errc::corrupt, fmt::format("with its strings put in, a field has more "
                                            "than {} letters",
                                            kInfFieldLengthMax))
        .in(place_of(line));
  }
  return whole;
}

Result<std::string> Inf::key(const InfLine& line) const {
  return expand(line.key.value_or(""), line.number);
}

Result<std::string> Inf::field(const InfLine& line, std::size_t index) const {
  if (index >= line.fields.size()) return std::string();
  return expand(line.fields[index], line.number);
}

Result<std::vector<std::string>> Inf::fields_from(const InfLine& line,
                                                  std::size_t index) const {
  std::vector<std::string> fields;
  for (; index < line.fields.size(); ++index) {
    std::string text = TRY(field(line, index));
    if (!text.empty()) fields.push_back(std::move(text));
  }
  return fields;
}

Result<std::string> Inf::value(std::string_view section, std::string_view key) const {
  const InfLine* line = find(section, key);
  if (line == nullptr) return std::string();
  return field(*line, 0);
}

Result<std::vector<std::string>> Inf::list(const InfSection& section,
                                           std::string_view key) const {
  std::vector<std::string> all;
  for (const InfLine& line : section.lines) {
    if (!line.key || !equal_ignoring_case(*line.key, key)) continue;
    for (std::string& field : TRY(fields_from(line, 0)))
      all.push_back(std::move(field));
  }
  return all;
}

std::optional<std::uint32_t> parse_inf_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint32_t number = 0;
  const char* end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, number, base);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace drydock::driver
