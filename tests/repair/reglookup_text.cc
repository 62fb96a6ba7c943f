// A hive in the words of reglookup 1.0.1, where the terminal knows ASCII alone.

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>
#include <optional>
#include <string_view>

#include "repair/hive/format.h"
#include "tests/repair/hive_judges.h"
#include "tests/repair/hive_walk.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {

namespace {

constexpr char kHexDigits[] = "0123456789ABCDEF";

template <class T>
std::uint64_t load_or_zero(Bytes bytes) {
  return load<T>(bytes).value_or(T{});
}

void append_quoted(std::string& out, Bytes bytes, std::string_view special) {
  for (std::byte b : bytes) {
    auto byte = std::to_integer<std::uint8_t>(b);
    char letter = static_cast<char>(byte);
    if (byte < 32 || byte > 126 || letter == '%' ||
        special.find(letter) != special.npos) {
      out += {'%', kHexDigits[byte >> 4], kHexDigits[byte & 0xf]};
    } else {
      out += letter;
    }
  }
}

std::string_view reglookup_type(ValueType type) {
  constexpr std::string_view kTypes[] = {
      "NONE", "SZ",       "EXPAND_SZ", "BINARY",    "DWORD",         "DWORD_BE",
      "LINK", "MULTI_SZ", "RSRC_LIST", "RSRC_DESC", "RSRC_REQ_LIST", "QWORD"};
  auto number = static_cast<std::uint32_t>(type);
  return number < std::size(kTypes) ? kTypes[number] : "";
}

// The letters as ASCII; nothing where one isn't.
std::optional<std::string> ascii(std::u16string_view letters) {
  std::string text;
  for (char16_t letter : letters) {
    if (letter > 0x7f) return std::nullopt;
    text += static_cast<char>(letter);
  }
  return text;
}

class Reglookup final : public HiveWalk {
 public:
  using HiveWalk::HiveWalk;

 private:
  // A name that isn't ASCII is shown as it is stored.
  static std::string quoted_name(const std::u16string& name, bool latin1) {
    std::string out;
    if (auto plain = ascii(name)) {
      append_quoted(out, bytes_of(plain->substr(0, plain->find('\0'))), ",\"/");
    } else if (latin1) {
      std::string bytes(name.begin(), name.end());
      append_quoted(out, bytes_of(bytes), ",\"/");
    } else {
      append_quoted(out, utf16le_bytes(name), ",\"/");
    }
    return out;
  }

  std::string first_path(const KeyCell&) const override { return ""; }
  std::string path_of(const std::string& above, const KeyCell& key) const override {
    return above + '/' +
           quoted_name(key.name, (key.node.flags & key_flag::latin1_name) != 0);
  }

  Done add_key(const std::string& path, Key key, const KeyCell&) override {
    text() += (path.empty() ? "/" : path) + ",KEY,,";
    append_time(TRY(hive().last_written(key)));
    text() += '\n';
    return {};
  }

  void append_time(FileTime time) {
    constexpr std::int64_t kUnitsPerSecond = 10'000'000;
    constexpr std::int64_t kEpoch = 11'644'473'600;  // 1970, in seconds since 1601
    // No time is before 1970.
    auto seconds = std::max<std::time_t>(
        static_cast<std::time_t>(time / kUnitsPerSecond) - kEpoch, 0);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char words[20];
    text().append(words, std::strftime(words, sizeof(words), "%F %T", &parts));
  }

  void add_value(const std::string& path, const Value& value,
                 const ValueCell& cell) override {
    text() += (path.empty() ? "/" : path) + '/' +
              quoted_name(cell.name, (cell.node.flags & value_flag::latin1_name) != 0);
    std::string_view type = reglookup_type(value.type);
    auto number = static_cast<std::uint32_t>(value.type);
    text() +=
        ',' + (type.empty() ? fmt::format("0x{:08X}", number) : std::string(type));
    text() += ',';
    ByteVector data = data_of(value, cell);
    append_data(value.type, data);
    text() += ",\n";
  }

  // Segments come in the order in which they lie, not in their list's; of each it takes
  // all but the four bytes that Windows leaves unused.
  ByteVector data_of(const Value& value, const ValueCell& cell) const {
    auto segments = cells().segments(cell);
    if (!segments || segments->size() < 2) return value.data;
    std::ranges::sort(*segments, {}, &Cells::Segment::offset);
    ByteVector data;
    for (const auto& segment : *segments) {
      Bytes whole = *cells().at(segment.offset);
      whole = whole.first(
          std::min(whole.size() - sizeof(le32), value.data.size() - data.size()));
      data.insert(data.end(), whole.begin(), whole.end());
    }
    return data;
  }

  void append_data(ValueType type, Bytes data) {
    if (data.empty()) {
      text() += "(null)";
      return;
    }
    switch (type) {
      case ValueType::sz:
      case ValueType::expand_sz:
      case ValueType::link:
        return append_text(data);
      case ValueType::multi_sz:
        return append_texts(data);
      case ValueType::dword:
        return append_number(data, 4, load_or_zero<le32>(data));
      case ValueType::dword_big_endian:
        return append_number(data, 4, load_or_zero<be32>(data));
      case ValueType::qword:
        return append_number(data, 8, load_or_zero<le64>(data));
      default:
        return append_quoted(text(), data,
                             reglookup_type(type).empty() ? ",\"|" : ",\"");
    }
  }

  void append_number(Bytes data, std::size_t size, std::uint64_t number) {
    if (data.size() < size) return append_quoted(text(), data, ",\"|");
    text() += fmt::format("0x{:0{}X}", number, 2 * size);
  }

  // Where the bytes are no whole letters of ASCII, as they are.
  static std::optional<std::string> letters_of(Bytes data) {
    if (data.size() % sizeof(char16_t) != 0) return std::nullopt;
    return ascii(utf16le(data));
  }

  void append_text(Bytes data) {
    auto letters = letters_of(data);
    if (!letters) return append_quoted(text(), data, ",\"|");
    append_quoted(text(), bytes_of(letters->substr(0, letters->find('\0'))), ",\"");
  }

  // Empty texts aren't shown, but for the first.
  void append_texts(Bytes data) {
    auto letters = letters_of(data);
    if (!letters) return append_quoted(text(), data, ",\"|");
    std::string_view rest = *letters;
    for (bool first = true; first || !rest.empty(); first = false) {
      std::string_view one = rest.substr(0, rest.find('\0'));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      if (!first && one.empty()) continue;
      if (!first) text() += '|';
      append_quoted(text(), bytes_of(one), ",\"|");
    }
  }

  void end_values(std::size_t) override {}
};

}  // namespace

Result<std::string> reglookup_text(const Hive& hive, Bytes file) {
  return Reglookup(hive, file).run();
}

}  // namespace drydock::hive
