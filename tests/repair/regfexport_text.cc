// A hive in the words of regfexport, of libregf 20201007.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "repair/hive/format.h"
#include "tests/repair/hive_judges.h"
#include "tests/repair/hive_walk.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {

namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

template <class T>
std::uint64_t load_or_zero(Bytes bytes) {
  return load<T>(bytes).value_or(T{});
}

// What its code page makes of a name that is kept in a byte a letter: Windows-1252,
// which differs from Latin-1 in these.
constexpr char16_t kWindows1252[] = {
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
    0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

// Its text ends at a zero, as texts of C do.
std::string regfexport_name(std::u16string name, bool latin1) {
  for (char16_t& letter : name) {
    if (latin1 && letter >= 0x80 && letter < 0xa0) letter = kWindows1252[letter - 0x80];
  }
  return to_utf8(name.substr(0, name.find(u'\0')));
}

std::string_view regfexport_type(ValueType type) {
  switch (type) {
    case ValueType::none:
      return "undefined (REG_NONE)";
    case ValueType::sz:
      return "string (REG_SZ)";
    case ValueType::expand_sz:
      return "expandable string (REG_EXPAND_SZ)";
    case ValueType::binary:
      return "binary data (REG_BINARY)";
    case ValueType::dword:
      return "32-bit integer little-endian (REG_DWORD_LITTLE_ENDIAN)";
    case ValueType::dword_big_endian:
      return "32-bit integer big-endian (REG_DWORD_BIG_ENDIAN)";
    case ValueType::link:
      return "symbolic link (REG_LINK)";
    case ValueType::multi_sz:
      return "multi-value string (REG_MULTI_SZ)";
    case ValueType::resource_list:
      return "resource list (REG_RESOURCE_LIST)";
    case ValueType::full_resource:
      return "full resource descriptor (REG_FULL_RESOURCE_DESCRIPTOR)";
    case ValueType::resource_requirements:
      return "resource requirements list (REG_RESOURCE_REQUIREMENTS_LIST)";
    case ValueType::qword:
      return "64-bit integer little-endian (REG_QWORD_LITTLE_ENDIAN)";
  }
  return "";
}

// Sixteen bytes a line, in hexadecimal and in letters.
void append_dump(std::string& out, Bytes data) {
  constexpr std::size_t kWidth = 16;
  for (std::size_t line = 0; line < data.size(); line += kWidth) {
    std::size_t count = std::min(kWidth, data.size() - line);
    fmt::format_to(std::back_inserter(out), "{:08x}: ", line);
    for (std::size_t i = 0; i < kWidth; ++i) {
      if (i == kWidth / 2) out += ' ';
      if (i < count) {
        std::uint8_t byte = std::to_integer<std::uint8_t>(data[line + i]);
        out += {kHexDigits[byte >> 4], kHexDigits[byte & 0xf], ' '};
      } else {
        out += "   ";
      }
    }
    out += "  ";
    for (std::size_t i = 0; i < count; ++i) {
      std::uint8_t byte = std::to_integer<std::uint8_t>(data[line + i]);
      out += byte >= 0x20 && byte <= 0x7e ? static_cast<char>(byte) : '.';
      if (i == kWidth / 2 - 1) out += ' ';
    }
    out += '\n';
  }
}

class Regfexport final : public HiveWalk {
 public:
  using HiveWalk::HiveWalk;

 private:
  static std::string name_of(const KeyCell& key) {
    return regfexport_name(key.name, (key.node.flags & key_flag::latin1_name) != 0);
  }
  std::string first_path(const KeyCell& root) const override { return name_of(root); }
  std::string path_of(const std::string& above, const KeyCell& key) const override {
    return above + '\\' + name_of(key);
  }

  Done add_key(const std::string& path, Key, const KeyCell& cell) override {
    text() += "Key path: " + path + "\nKey: " + name_of(cell) + '\n';
    index_ = 0;
    if (cell.node.class_size == 0) return {};
    Bytes name = TRY(cells().at(cell.node.class_name)).first(cell.node.class_size);
    std::u16string letters = utf16le(name);
    text() += "Class name: " + to_utf8(letters.substr(0, letters.find(u'\0'))) + '\n';
    return {};
  }

  void add_value(const std::string&, const Value& value,
                 const ValueCell& cell) override {
    std::string name =
        regfexport_name(cell.name, (cell.node.flags & value_flag::latin1_name) != 0);
    if (cell.name.empty()) name = "(default)";
    text() += fmt::format("Value: {} {}\n", index_++, name);
    // As differencing hives have what is empty.
    if (!cell.is_inline() && cell.data_size() == 0) text() += "Is corrupted\n";
    std::string_view type = regfexport_type(value.type);
    if (type.empty()) {
      text() += fmt::format("Type: unknown: 0x{:08x}\n",
                            static_cast<std::uint32_t>(value.type));
    } else {
      text() += fmt::format("Type: {}\n", type);
    }
    ByteVector data = data_of(value, cell);
    text() += fmt::format("Data size: {}\n", data.size());
    add_data(value.type, data);
  }

  // What it takes for the data: of a few bytes within the value the field's last, not
  // its first; and a text up to the first zero in its cell, be that before or behind
  // the data's end.
  ByteVector data_of(const Value& value, const ValueCell& cell) const {
    bool text = value.type == ValueType::sz || value.type == ValueType::expand_sz;
    if (cell.is_inline()) {
      Bytes field = bytes_of(cell.node.data);
      std::size_t size = cell.data_size();
      if (text) size += size % 2;
      field = field.last(size);
      return {field.begin(), field.end()};
    }
    auto segments = cells().segments(cell);
    if (!text || !segments || segments->size() != 1) return value.data;
    Bytes whole = *cells().at(segments->front().offset);
    std::size_t end = 0;
    while (end + 2 <= whole.size()) {
      end += 2;
      if (is_zero(whole.subspan(end - 2, 2))) break;
    }
    whole = whole.first(end);
    return {whole.begin(), whole.end()};
  }

  void add_data(ValueType type, Bytes data) {
    std::size_t size = data.size();
    std::size_t expected = 0;
    switch (type) {
      case ValueType::sz:
      case ValueType::expand_sz:
        expected = add_string(data);
        break;
      case ValueType::dword:
      case ValueType::dword_big_endian:
        expected = 4;
        if (size == expected) {
          bool big = type == ValueType::dword_big_endian;
          text() += fmt::format(
              "Data: {}\n", big ? load_or_zero<be32>(data) : load_or_zero<le32>(data));
        }
        break;
      case ValueType::qword:
        expected = 8;
        if (size == expected) {
          text() += fmt::format("Data: {}\n", load_or_zero<le64>(data));
        }
        break;
      default:
        break;
    }
    if (size != expected) {
      if (expected != 0) {
        text() += "Mismatch in data size and that required for data type.\n";
      }
      if (size != 0) {
        text() += "Data:\n";
        append_dump(text(), data);
      }
    }
    text() += '\n';
  }

  // Up to its zero.  How many bytes it would have, if that were all.
  std::size_t add_string(Bytes data) {
    std::u16string letters = utf16le(data);
    std::size_t end = letters.find(u'\0');
    text() += "Data:";
    if (!data.empty()) text() += ' ' + to_utf8(letters.substr(0, end));
    text() += '\n';
    std::size_t count = end == letters.npos ? letters.size() : end + 1;
    return count * sizeof(char16_t);
  }

  void end_values(std::size_t count) override {
    if (count == 0) text() += '\n';
  }

  int index_ = 0;  // of the key's next value
};

}  // namespace

Result<std::string> regfexport_text(const Hive& hive, Bytes file) {
  // It ends with an empty line.
  return TRY(Regfexport(hive, file).run()) + '\n';
}

}  // namespace drydock::hive
