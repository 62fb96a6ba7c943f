#include "repair/script/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "repair/script/expand.h"
#include "repair/script/typos.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::script {

namespace {

constexpr std::string_view kBlanks = " \t";

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

bool is_blank(char letter) { return kBlanks.find(letter) != std::string_view::npos; }

std::string_view trimmed(std::string_view text) {
  std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// One line, with those that continue it.
struct Line {
  std::size_t number = 0;
  std::string text;
};

// cmd.exe continues a line that ends in ^, PowerShell one that ends in ` .
bool takes_next(const std::string& line) {
  if (line.ends_with(" `")) return true;
  std::size_t last = line.find_last_not_of('^');
  std::size_t carets = line.size() - (last == std::string::npos ? 0 : last + 1);
  return carets % 2 == 1;
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  bool continues = false;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::size_t end = text.find('\n');
    std::string line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.pop_back();
    bool takes = takes_next(line);
    if (takes) line.pop_back();
    if (continues) {
      lines.back().text += line;
    } else {
      lines.push_back({.number = number, .text = std::move(line)});
    }
    continues = takes;
  }
  return lines;
}

// "C:\Windows\system32>" and "PS C:\>", which come along when a screen is copied.
std::string_view without_prompt(std::string_view line) {
  std::string_view rest = line;
  if (rest.starts_with("PS ")) rest.remove_prefix(3);
  bool drive = rest.size() > 3 && rest[1] == ':' && rest[2] == '\\';
  std::size_t end = rest.find('>');
  if (!drive || end == std::string_view::npos) return line;
  if (rest.substr(0, end).find_first_of("\"<|&") != std::string_view::npos) return line;
  return trimmed(rest.substr(end + 1));
}

bool is_comment(std::string_view line) {
  if (line.empty() || line[0] == ':' || line[0] == '#' || line.starts_with("```")) {
    return true;
  }
  bool rem = equal_ignoring_case(line.substr(0, 3), "rem");
  return rem && (line.size() == 3 || is_blank(line[3]));
}

// Takes the commands off one line, letter by letter.
class Splitter {
 public:
  explicit Splitter(std::string_view line) : rest_(line) {}

  // The next command; nothing at the end of the line.
  struct Piece {
    std::string text;
    std::optional<Redirection> output;
  };
  Result<std::optional<Piece>> next();

 private:
  bool at_word() const { return piece_.text.empty() || is_blank(piece_.text.back()); }
  char peek(std::size_t ahead) const {
    return ahead < rest_.size() ? rest_[ahead] : '\0';
  }
  void take(std::size_t count) {
    piece_.text += rest_.substr(0, count);
    rest_.remove_prefix(count);
  }
  Done take_quoted();
  bool take_escaped();
  bool take_single_quoted();
  Done take_redirection();

  std::string_view rest_;
  Piece piece_;
};

Done Splitter::take_quoted() {
  std::size_t end = rest_.find('"', 1);
  // A back slash before a quote makes it a letter to most programs, and to cmd.exe
  // it ends what is quoted all the same.
  if (end == std::string_view::npos) return wrong("a quote without its other one");
  take(end + 1);
  return {};
}

// ^x, and of what PowerShell takes for its own, `x.
bool Splitter::take_escaped() {
  constexpr std::string_view kOfPowerShell = "{}()'\"`$";
  bool escapes = rest_[0] == '^' ||
                 (rest_[0] == '`' && kOfPowerShell.find(peek(1)) != std::string::npos);
  if (!escapes || rest_.size() < 2) return false;
  rest_.remove_prefix(1);
  take(1);
  return true;
}

// '{default}', as articles for PowerShell write it.
bool Splitter::take_single_quoted() {
  if (rest_[0] != '\'' || !at_word() ||
      equal_ignoring_case(std::string_view(piece_.text).substr(0, 4), "echo")) {
    return false;
  }
  std::size_t end = rest_.find('\'', 1);
  bool whole = end != std::string_view::npos &&
               (end + 1 == rest_.size() || is_blank(rest_[end + 1]));
  if (!whole || rest_.substr(0, end).find('"') != std::string_view::npos) return false;
  piece_.text += '"' + std::string(rest_.substr(1, end - 1)) + '"';
  rest_.remove_prefix(end + 1);
  return true;
}

Done Splitter::take_redirection() {
  // What stands before it says what is redirected: 2> errors, of which there are none.
  char number = '1';
  std::string& text = piece_.text;
  bool numbered = !text.empty() && text.back() >= '0' && text.back() <= '9' &&
                  (text.size() == 1 || is_blank(text[text.size() - 2]));
  if (numbered) {
    number = text.back();
    text.pop_back();
  }
  rest_.remove_prefix(1);
  bool appends = peek(0) == '>';
  if (appends) rest_.remove_prefix(1);
  if (peek(0) == '&') {
    rest_.remove_prefix(std::min<std::size_t>(rest_.size(), 2));
    return {};
  }
  rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size()));
  std::string file;
  bool quoted = false;
  while (!rest_.empty() && (quoted || (!is_blank(rest_[0]) && rest_[0] != '&'))) {
    if (rest_[0] == '"') {
      quoted = !quoted;
    } else {
      file += rest_[0];
    }
    rest_.remove_prefix(1);
  }
  if (file.empty() || quoted) return wrong("after > a file belongs");
  if (number == '1') piece_.output = {.file = std::move(file), .appends = appends};
  return {};
}

Result<std::optional<Splitter::Piece>> Splitter::next() {
  if (rest_.empty()) return std::optional<Piece>();
  piece_ = {};
  while (!rest_.empty()) {
    char letter = rest_[0];
    if (letter == '"') {
      TRY(take_quoted());
    } else if (take_escaped() || take_single_quoted()) {
      continue;
    } else if (letter == '&') {
      rest_.remove_prefix(peek(1) == '&' ? 2 : 1);
      break;
    } else if (letter == '>') {
      TRY(take_redirection());
    } else if (letter == '|' || letter == '<') {
      return Error(Errc::unsupported,
                   "one program's words aren't given to another here (| and <)");
    } else {
      take(1);
    }
  }
  return std::optional(std::move(piece_));
}

// Commands whose arguments may stand right behind them: "cd..", "del/q".
constexpr std::array<std::string_view, 13> kShort = {
    "cd",  "chdir", "md",   "mkdir", "rd",   "rmdir", "dir",
    "del", "copy",  "type", "ren",   "move", "echo"};

// Where the name of a command ends.
std::size_t name_end(std::string_view text) {
  std::size_t end = text.find_first_of(" \t\",;=");
  std::string_view word = text.substr(0, end);
  for (std::string_view name : kShort) {
    constexpr std::string_view kBehind = "\\./:(";
    if (word.size() > name.size() &&
        equal_ignoring_case(word.substr(0, name.size()), name) &&
        kBehind.find(word[name.size()]) != std::string_view::npos &&
        !equal_ignoring_case(word.substr(name.size()), ".exe")) {
      return name.size();
    }
  }
  if (word.size() > 1 && word[1] != ':') {
    std::size_t slash = word.find('/', 1);
    if (slash != std::string_view::npos) return slash;
  }
  return word.size();
}

// "C:\Windows\System32\REG.EXE" is reg.
std::string name_of(std::string_view word) {
  std::string name = ascii_lower(word.substr(word.rfind('\\') + 1));
  for (std::string_view suffix : {".exe", ".com"}) {
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
  }
  return name;
}

// Takes the first word off `text`, quotes and all.
std::string take_word(std::string_view& text) {
  text = trimmed(text);
  std::string word;
  bool quoted = false;
  while (!text.empty() && (quoted || !is_blank(text[0]))) {
    if (text[0] == '"') {
      quoted = !quoted;
    } else {
      word += text[0];
    }
    text.remove_prefix(1);
  }
  return word;
}

// `if [not] exist PATH`: takes it off `text`.
Result<std::optional<Condition>> take_condition(std::string_view& text) {
  std::string_view rest = text;
  if (!equal_ignoring_case(take_word(rest), "if")) return std::optional<Condition>();
  Condition condition;
  std::string word = take_word(rest);
  if (equal_ignoring_case(word, "/i")) word = take_word(rest);
  if (equal_ignoring_case(word, "not")) {
    condition.negated = true;
    word = take_word(rest);
  }
  if (!equal_ignoring_case(word, "exist")) {
    return Error(Errc::unsupported, "of `if`, only `if exist` and `if not exist`");
  }
  condition.path = take_word(rest);
  rest = trimmed(rest);
  if (condition.path.empty() || rest.empty()) return wrong("if exist PATH COMMAND");
  text = rest;
  return std::optional(std::move(condition));
}

// Reads line after line; what `set` sets is for those that follow.
class Reader {
 public:
  Reader(const Places& places, const Fillings& fillings)
      : expander_(places, fillings) {}

  Done read(const Line& line);
  Done finish() const { return expander_.check_all_used(); }
  std::vector<Call> take() { return std::move(calls_); }

 private:
  Done add(std::size_t line, Splitter::Piece piece);

  Expander expander_;
  std::vector<Call> calls_;
};

Done Reader::read(const Line& line) {
  std::string_view text = without_prompt(trimmed(line.text));
  while (text.starts_with('@')) text = trimmed(text.substr(1));
  if (is_comment(text)) return {};
  std::string expanded = TRY(expander_.expand(text));
  Splitter splitter(expanded);
  while (auto piece = TRY(splitter.next())) {
    std::string_view words = trimmed(piece->text);
    while (words.starts_with('@')) words = trimmed(words.substr(1));
    if (is_comment(words)) {
      if (words.empty()) continue;
      break;
    }
    TRY(add(line.number, std::move(*piece)));
  }
  return {};
}

Done Reader::add(std::size_t line, Splitter::Piece piece) {
  // What `echo` prints ends where the line does, blanks and all.
  std::string_view text = piece.text;
  text.remove_prefix(std::min(text.find_first_not_of(" \t@"), text.size()));
  Call call{.line = line, .text = {}, .name = {}, .tail = {}};
  call.output = std::move(piece.output);
  std::string_view whole = text;
  call.condition = TRY(take_condition(text));
  if (text.starts_with('(') || text.starts_with(')')) {
    return Error(Errc::unsupported, "blocks in parentheses; one command a line");
  }
  std::string word;
  if (text.starts_with('"')) {
    word = take_word(text);
  } else {
    std::size_t end = name_end(text);
    word = text.substr(0, end);
    text.remove_prefix(end);
  }
  call.name = name_of(word);
  call.tail = text;
  if (call.name == "set") {
    if (call.condition) return Error(Errc::unsupported, "`set` behind `if`");
    return expander_.set(trimmed(text));
  }
  call.text = trimmed(whole);
  correct_typos(call);
  if (call.output) {
    call.text +=
        fmt::format(" {} {}", call.output->appends ? ">>" : ">", call.output->file);
  }
  calls_.push_back(std::move(call));
  return {};
}

}  // namespace

Result<std::vector<Call>> read_calls(std::string_view text, const Places& places,
                                     const Fillings& fillings) {
  if (text.size() > kTextSizeMax) {
    return wrong(fmt::format("{} bytes are more than a script has ({})", text.size(),
                             kTextSizeMax));
  }
  Reader reader(places, fillings);
  for (const Line& line : lines_of(text)) {
    TRY(reader.read(line).in(fmt::format("line {}", line.number)));
  }
  TRY(reader.finish());
  return reader.take();
}

std::vector<std::string> program_words(std::string_view tail) {
  // "Parsing C command-line arguments": 2n back slashes and a quote are n back slashes
  // and the quote, 2n+1 are n and a quote that is a letter.
  std::vector<std::string> words;
  std::string word;
  bool begun = false;
  bool quoted = false;
  for (std::size_t at = 0; at < tail.size(); ++at) {
    if (tail[at] == '\\') {
      std::size_t end = std::min(tail.find_first_not_of('\\', at), tail.size());
      std::size_t count = end - at;
      bool before_quote = end < tail.size() && tail[end] == '"';
      word.append(before_quote ? count / 2 : count, '\\');
      begun = true;
      at = end - 1;
      if (before_quote && count % 2 == 1) {
        word += '"';
        ++at;
      }
    } else if (tail[at] == '"') {
      quoted = !quoted;
      begun = true;
    } else if (is_blank(tail[at]) && !quoted) {
      if (begun) words.push_back(std::exchange(word, {}));
      begun = false;
    } else {
      word += tail[at];
      begun = true;
    }
  }
  if (begun) words.push_back(std::move(word));
  return words;
}

std::vector<std::string> shell_words(std::string_view tail) {
  std::vector<std::string> words;
  std::string word;
  bool begun = false;
  bool quoted = false;
  auto end_word = [&] {
    if (begun) words.push_back(std::exchange(word, {}));
    begun = false;
  };
  for (char letter : tail) {
    if (letter == '"') {
      quoted = !quoted;
      begun = true;
      continue;
    }
    if (!quoted && is_blank(letter)) {
      end_word();
      continue;
    }
    if (!quoted && letter == '/') end_word();
    word += letter;
    begun = true;
  }
  end_word();
  return words;
}

}  // namespace drydock::script
