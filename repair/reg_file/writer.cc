#include <fmt/format.h>

#include <iterator>

#include "repair/reg_file/reg_file.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::reg_file {

namespace {

using hive::Value;
using hive::ValueType;

// regedit.exe ends a line of hex digits with the first comma at or behind this
// column, and begins the next with two spaces.
constexpr std::size_t kColumnMax = 77;

// Nothing where the text can't stand between quotes.
std::optional<std::string> quotable_text(const Value& value) {
  if (value.type != ValueType::sz || value.data.size() % sizeof(char16_t) != 0) {
    return std::nullopt;
  }
  std::u16string units = utf16le(value.data);
  if (units.empty() || units.back() != u'\0') return std::nullopt;
  units.pop_back();
  if (units.find_first_of(std::u16string_view(u"\0\r\n", 3)) != units.npos) {
    return std::nullopt;
  }
  return to_utf8(units);
}

std::string quoted(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '\\' || c == '"') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// How many columns the text takes: its UTF-16 units.
std::size_t column_count(std::string_view text) {
  auto units = to_utf16(text);
  return units ? units->size() : text.size();
}

std::string hex_lines(Bytes data, std::size_t column) {
  std::string lines;
  for (std::size_t i = 0; i < data.size(); ++i) {
    fmt::format_to(std::back_inserter(lines), "{:02x}",
                   std::to_integer<unsigned>(data[i]));
    if (i + 1 == data.size()) break;
    lines += ',';
    column += 3;
    if (column < kColumnMax) continue;
    lines += "\\\r\n  ";
    column = 2;
  }
  return lines;
}

std::string line_of(const Value& value) {
  std::string line = value.name.empty() ? "@" : quoted(value.name);
  line += '=';
  if (auto text = quotable_text(value)) return line + quoted(*text);
  if (value.type == ValueType::dword && value.data.size() == sizeof(le32)) {
    return line + fmt::format("dword:{:08x}", *value.number());
  }
  line += value.type == ValueType::binary
              ? "hex:"
              : fmt::format("hex({:x}):", static_cast<std::uint32_t>(value.type));
  return line + hex_lines(value.data, column_count(line));
}

Done check_name(std::string_view name) {
  if (name.find_first_of(std::string_view("\0\r\n", 3)) == name.npos) return {};
  return Error(Errc::bad_argument,
               fmt::format("the name \"{}\" has a line break or a zero, which no .reg "
                           "file can hold",
                           name));
}

}  // namespace

Writer::Writer() { append("\uFEFFWindows Registry Editor Version 5.00\r\n\r\n"); }

Done Writer::add(std::string_view key, const std::vector<Value>& values) {
  TRY(check_name(key));
  for (const Value& value : values) TRY(check_name(value.name).in(key));
  append(fmt::format("[{}]\r\n", key));
  for (const Value& value : values) append(line_of(value) + "\r\n");
  append("\r\n");
  return {};
}

void Writer::append(std::string_view text) {
  // Names and texts of a hive are WTF-8, so there is always something.
  ByteVector encoded = utf16le_bytes(to_utf16(text).value_or(u"\uFFFD"));
  bytes_.insert(bytes_.end(), encoded.begin(), encoded.end());
}

}  // namespace drydock::reg_file
