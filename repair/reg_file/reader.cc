#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "repair/reg_file/reg_file.h"
#include "repair/text_file.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::reg_file {

namespace {

using hive::Value;
using hive::ValueType;

constexpr std::string_view kVersion5 = "Windows Registry Editor Version 5.00";
constexpr std::string_view kVersion4 = "REGEDIT4";

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_line_end(char c) { return c == '\r' || c == '\n'; }

// Reads a file from front to back.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Result<std::vector<Section>> run();
  std::size_t line() const { return line_; }

 private:
  Done read_version();
  Done read_key();
  Done read_entry();
  Result<std::string> quoted();
  Result<char> escaped();
  Result<Value> value();
  Result<Value> dword();
  Result<Value> hex(ValueType type);
  Result<ValueType> hex_type();
  Done end_line();

  char next() const { return rest_.empty() ? '\n' : rest_.front(); }
  void skip(std::size_t count);
  void skip_blanks();
  // Blanks, and where a line ends in '\', what begins the next.
  Done skip_continuation();
  std::string_view take_line();
  bool take(std::string_view word);
  std::string_view take_hex_digits(std::size_t count_max);

  std::string_view rest_;
  std::size_t line_ = 1;
  bool texts_are_bytes_ = false;  // REGEDIT4
  std::vector<Section> sections_;
};

void Reader::skip(std::size_t count) {
  std::string_view gone = rest_.substr(0, count);
  line_ += static_cast<std::size_t>(std::count(gone.begin(), gone.end(), '\n'));
  rest_.remove_prefix(gone.size());
}

void Reader::skip_blanks() {
  while (!rest_.empty() && is_blank(rest_.front())) skip(1);
}

// The rest of the line, without its end, which is passed.
std::string_view Reader::take_line() {
  std::string_view line = rest_.substr(0, rest_.find('\n'));
  skip(std::min(rest_.size(), line.size() + 1));
  while (!line.empty() && (is_blank(line.back()) || is_line_end(line.back()))) {
    line.remove_suffix(1);
  }
  return line;
}

bool Reader::take(std::string_view word) {
  if (!equal_ignoring_case(rest_.substr(0, word.size()), word)) return false;
  skip(word.size());
  return true;
}

std::string_view Reader::take_hex_digits(std::size_t count_max) {
  auto is_digit = [](char c) {
    c = ascii_lower(c);
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  };
  std::size_t count = 0;
  while (count < std::min(count_max, rest_.size()) && is_digit(rest_[count])) ++count;
  std::string_view digits = rest_.substr(0, count);
  skip(count);
  return digits;
}

std::uint32_t number_of(std::string_view hex_digits) {
  std::uint32_t number = 0;
  std::from_chars(hex_digits.data(), hex_digits.data() + hex_digits.size(), number, 16);
  return number;
}

Result<std::vector<Section>> Reader::run() {
  TRY(read_version());
  while (!rest_.empty()) {
    if (is_blank(rest_.front()) || is_line_end(rest_.front())) {
      skip(1);
    } else if (rest_.front() == ';') {
      take_line();
    } else if (rest_.front() == '[') {
      TRY(read_key());
    } else if (rest_.front() == '"' || rest_.front() == '@') {
      TRY(read_entry());
    } else {
      return Error(Errc::bad_argument, "a line is [KEY], \"NAME\"=DATA or a ;comment");
    }
  }
  return std::move(sections_);
}

Done Reader::read_version() {
  std::string_view version = take_line();
  texts_are_bytes_ = version == kVersion4;
  if (texts_are_bytes_ || version == kVersion5) return {};
  line_ = 1;
  return Error(Errc::bad_argument, fmt::format("a .reg file begins with \"{}\" or {}",
                                               kVersion5, kVersion4));
}

// A name may have a ']' in it: the last one of the line is the end.
Done Reader::read_key() {
  Section section{.key = {}, .line = line_};
  std::string_view key = take_line();
  if (!key.ends_with(']')) {
    line_ = section.line;
    return Error(Errc::bad_argument, "a key's line ends in ]");
  }
  key = key.substr(1, key.size() - 2);
  section.removes = key.starts_with('-');
  if (section.removes) key.remove_prefix(1);
  section.key = key;
  sections_.push_back(std::move(section));
  return {};
}

Done Reader::read_entry() {
  if (sections_.empty()) {
    return Error(Errc::bad_argument, "a value before the first [KEY]");
  }
  if (sections_.back().removes) {
    return Error(Errc::bad_argument, fmt::format("a value of [-{}], which is deleted",
                                                 sections_.back().key));
  }
  Entry entry;
  if (!take("@")) entry.name = TRY(quoted());
  skip_blanks();
  if (!take("=")) return Error(Errc::bad_argument, "after a value's name = belongs");
  skip_blanks();
  if (!take("-")) {
    entry.value = TRY(value());
    entry.value->name = entry.name;
  }
  TRY(end_line());
  sections_.back().entries.push_back(std::move(entry));
  return {};
}

Done Reader::end_line() {
  skip_blanks();
  if (is_line_end(next()) || next() == ';') {
    take_line();
    return {};
  }
  return Error(Errc::bad_argument,
               fmt::format("behind the data stands \"{}\"",
                           take_line().substr(0, 40)));  // enough to find it
}

Result<char> Reader::escaped() {
  char c = next();
  skip(1);
  switch (c) {
    case '\\':
    case '"':
      return c;
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    default:
      return Error(
          Errc::bad_argument,
          fmt::format("between quotes stands \\{}: a back slash is written \\\\",
                      is_line_end(c) ? ' ' : c));
  }
}

// Between quotes; lines may end within.
Result<std::string> Reader::quoted() {
  std::size_t first_line = line_;
  skip(1);
  std::string text;
  while (!rest_.empty()) {
    std::size_t plain = std::min(rest_.find_first_of("\\\""), rest_.size());
    text += rest_.substr(0, plain);
    skip(plain);
    if (rest_.empty()) break;
    bool end = rest_.front() == '"';
    skip(1);
    if (end) return text;
    text += TRY(escaped());
  }
  line_ = first_line;
  return Error(Errc::bad_argument, "a quote that isn't closed");
}

Result<Value> Reader::value() {
  if (next() == '"') return Value::sz("", TRY(quoted()));
  if (take("dword:")) return dword();
  if (take("hex:")) return hex(ValueType::binary);
  if (take("hex(")) return hex(TRY(hex_type()));
  return Error(Errc::bad_argument, "data is \"TEXT\", dword:, hex:, hex(TYPE): or -");
}

Result<Value> Reader::dword() {
  skip_blanks();
  std::string_view digits = take_hex_digits(8);
  if (!digits.empty()) return Value::dword("", number_of(digits));
  return Error(Errc::bad_argument, "after dword: up to 8 hex digits belong");
}

Result<ValueType> Reader::hex_type() {
  std::string_view digits = take_hex_digits(8);
  if (digits.empty() || !take("):")) {
    return Error(Errc::bad_argument, "hex(TYPE): has a type of 1 to 8 hex digits");
  }
  return static_cast<ValueType>(number_of(digits));
}

Done Reader::skip_continuation() {
  skip_blanks();
  while (next() == '\\') {
    skip(1);
    skip_blanks();
    if (next() == ';') {
      take_line();
    } else if (is_line_end(next())) {
      take_line();
    } else {
      return Error(Errc::bad_argument, "a line of hex digits goes on behind its \\");
    }
    skip_blanks();
  }
  return {};
}

Result<Value> Reader::hex(ValueType type) {
  Value value{.name = {}, .type = type, .data = {}};
  TRY(skip_continuation());
  while (!is_line_end(next()) && next() != ';') {
    std::string_view digits = take_hex_digits(2);
    if (digits.empty()) {
      return Error(Errc::bad_argument, "after hex: pairs of hex digits belong");
    }
    value.data.push_back(static_cast<std::byte>(number_of(digits)));
    TRY(skip_continuation());
    if (!take(",")) break;
    TRY(skip_continuation());
  }
  bool is_text = type == ValueType::sz || type == ValueType::expand_sz ||
                 type == ValueType::multi_sz;
  if (texts_are_bytes_ && is_text) {
    value.data = utf16le_bytes(repair::decode_windows_1252(value.data));
  }
  return value;
}

}  // namespace

Result<std::vector<Section>> read(Bytes file) {
  if (file.size() > kFileSizeMax) {
    return Error(Errc::bad_argument, fmt::format("a .reg file of {} bytes; {} are read",
                                                 file.size(), kFileSizeMax));
  }
  std::string text = TRY(repair::decode_text_file(file));
  Reader reader(text);
  auto sections = reader.run();
  if (sections) return sections;
  return std::move(sections).error().in(fmt::format("line {}", reader.line()));
}

}  // namespace drydock::reg_file
