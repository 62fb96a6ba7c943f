#include "harness/images/hive_text.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "vhd/base/endian.h"
#include "vhd/base/guid.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::images {

namespace {

constexpr std::string_view kBlanks = " \t\r";

Error misread(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

std::string_view trim(std::string_view text) {
  std::size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

// Takes words off the front of a line.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(trim(text)) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  // Up to the next blank.
  std::string_view word() {
    std::string_view word = rest_.substr(0, rest_.find_first_of(kBlanks));
    rest_ = trim(rest_.substr(word.size()));
    return word;
  }

  // What stands in quotes, "" being one of them.
  Result<std::string> quoted() {
    std::string out;
    std::size_t i = 1;
    if (rest_.empty() || rest_[0] != '"') return misread("a \" belongs here");
    for (; i < rest_.size(); ++i) {
      if (rest_[i] == '"' && !rest_.substr(i).starts_with("\"\"")) break;
      if (rest_[i] == '"') ++i;
      out += rest_[i];
    }
    if (i >= rest_.size()) return misread("the closing \" is missing");
    rest_ = trim(rest_.substr(i + 1));
    return out;
  }

 private:
  std::string_view rest_;
};

Result<std::uint64_t> number(std::string_view text) {
  int base = text.starts_with("0x") ? 16 : 10;
  std::string_view digits = base == 16 ? text.substr(2) : text;
  std::uint64_t value = 0;
  auto [end, failed] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || failed != std::errc() || end != digits.data() + digits.size()) {
    return misread(fmt::format("'{}' isn't a number", text));
  }
  return value;
}

Result<ByteVector> hex_bytes(Line& line) {
  ByteVector out;
  while (!line.at_end()) {
    std::string_view pair = line.word();
    unsigned byte = 0;
    auto [end, failed] =
        std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
    if (pair.size() != 2 || failed != std::errc() || end != pair.data() + 2) {
      return misread(fmt::format("'{}' isn't a byte of two hex digits", pair));
    }
    out.push_back(static_cast<std::byte>(byte));
  }
  return out;
}

// UTF-16 with its terminator, as the registry keeps texts.
Result<ByteVector> text_bytes(std::string_view text) {
  std::optional<std::u16string> wide = to_utf16(text);
  if (!wide) return misread("a text that isn't UTF-8");
  wide->push_back(u'\0');
  return utf16le_bytes(*wide);
}

Result<ByteVector> multi_bytes(Line& line) {
  ByteVector out;
  while (!line.at_end()) {
    ByteVector one = TRY(text_bytes(TRY(line.quoted())));
    out.insert(out.end(), one.begin(), one.end());
  }
  out.insert(out.end(), 2, std::byte{0});  // the empty text that ends the list
  return out;
}

template <OnDisk T>
ByteVector vector_of(const T& value) {
  Bytes bytes = bytes_of(value);
  return {bytes.begin(), bytes.end()};
}

// "dword 1" and its like; the numbers are the registry's own ([MS-RRP] 3.1.1.5).
Done read_data(Line& line, HiveTextValue& value) {
  std::string_view kind = line.word();
  if (kind == "sz" || kind == "expand") {
    value.type = kind == "sz" ? 1 : 2;
    value.data = TRY(text_bytes(TRY(line.quoted())));
  } else if (kind == "hex") {
    value.type = 3;
    value.data = TRY(hex_bytes(line));
  } else if (kind == "dword") {
    value.type = 4;
    std::uint64_t data = TRY(number(line.word()));
    if (data > UINT32_MAX) return misread(fmt::format("{} is no dword", data));
    value.data = vector_of(le32(static_cast<std::uint32_t>(data)));
  } else if (kind == "multi") {
    value.type = 7;
    value.data = TRY(multi_bytes(line));
  } else if (kind == "qword") {
    value.type = 11;
    value.data = vector_of(le64(TRY(number(line.word()))));
  } else if (kind == "integer") {  // a boot store's, of 8 bytes
    value.type = 3;
    value.data = vector_of(le64(TRY(number(line.word()))));
  } else if (kind == "boolean") {  // a boot store's, of 1 byte
    value.type = 3;
    value.data = {static_cast<std::byte>(TRY(number(line.word())) != 0)};
  } else {
    return misread(fmt::format("'{}' isn't a type of value", kind));
  }
  if (!line.at_end()) return misread(fmt::format("'{}' is too much", line.rest()));
  return {};
}

Result<HiveTextValue> read_value(std::string_view text) {
  Line line(text);
  HiveTextValue value;
  if (line.rest().starts_with('"')) {
    value.name = TRY(line.quoted());
  } else {
    std::string_view name = line.word();
    if (name != "@") value.name = name;
  }
  std::string_view sign = line.word();
  if (sign != "=" && sign != "+=") return misread("NAME = TYPE VALUE belongs here");
  value.appends = sign == "+=";
  TRY(read_data(line, value));
  if (value.appends && value.type != 7) return misread("+= is for multi only");
  return value;
}

Result<std::string> replace_words(std::string_view line, const Words& words) {
  std::string out;
  while (true) {
    std::size_t start = line.find("${");
    out += line.substr(0, start);
    if (start == std::string_view::npos) return out;
    std::size_t end = line.find('}', start);
    if (end == std::string_view::npos) return misread("the } of a ${ is missing");
    std::string name(line.substr(start + 2, end - start - 2));
    auto found = words.find(name);
    if (found == words.end())
      return misread(fmt::format("nothing is named '{}'", name));
    out += found->second;
    line.remove_prefix(end + 1);
  }
}

// Reads lines one by one; what a line means depends on those before it.
class Reader {
 public:
  Done take(std::string_view line) {
    line = trim(line);
    if (line.starts_with("[")) return open_key(line);
    if (line.starts_with("object ")) return open_object(line);
    if (!object_.empty()) return take_element(line);
    if (keys_.empty()) return misread("a value before the first [key]");
    keys_.back().values.push_back(TRY(read_value(line)));
    return {};
  }

  std::vector<HiveTextKey> keys() && { return std::move(keys_); }

 private:
  Done open_key(std::string_view line) {
    if (!line.ends_with("]")) return misread("the ] of a [key] is missing");
    object_.clear();
    keys_.push_back({std::string(line.substr(1, line.size() - 2)), {}});
    return {};
  }

  Done open_object(std::string_view line) {
    Line words(line);
    static_cast<void>(words.word());
    std::string id(words.word());
    if (!parse_guid(id)) return misread(fmt::format("'{}' isn't a GUID", id));
    object_ = "Objects\\" + id;
    auto type = TRY(read_value(fmt::format("Type = dword 0x{}", words.word())));
    keys_.push_back({object_ + "\\Description", {std::move(type)}});
    return {};
  }

  Done take_element(std::string_view line) {
    HiveTextValue value = TRY(read_value(line));
    keys_.push_back({object_ + "\\Elements\\" + value.name, {}});
    value.name = "Element";
    keys_.back().values.push_back(std::move(value));
    return {};
  }

  std::vector<HiveTextKey> keys_;
  std::string object_;  // the key of the object being read, or empty
};

}  // namespace

Result<std::vector<HiveTextKey>> read_hive_text(std::string_view text,
                                                const Words& words) {
  Reader reader;
  std::string whole;  // a line with those that continue it
  int line_number = 0;
  int whole_number = 0;
  auto take_whole = [&]() -> Done {
    if (whole.empty()) return {};
    std::string place = fmt::format("line {}", whole_number);
    std::string replaced = TRY(replace_words(whole, words).in(place));
    whole.clear();
    return reader.take(replaced).in(place);
  };
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    if (line.starts_with('#') || trim(line).empty()) continue;
    if (kBlanks.find(line[0]) == std::string_view::npos) {
      TRY(take_whole());
      whole_number = line_number;
    }
    whole += line;
  }
  TRY(take_whole());
  return std::move(reader).keys();
}

std::string hex_text(Bytes bytes) {
  std::string out;
  for (std::byte byte : bytes) {
    fmt::format_to(std::back_inserter(out), "{:02x} ", std::to_integer<unsigned>(byte));
  }
  return out;
}

}  // namespace drydock::images
