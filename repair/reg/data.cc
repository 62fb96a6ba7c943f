#include <fmt/format.h>

#include <charconv>

#include "repair/reg/words.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::reg {

namespace {

using hive::Value;
using hive::ValueType;

Error wrong(std::string words) { return Error(Errc::bad_argument, std::move(words)); }

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  int base = 10;
  if (equal_ignoring_case(text.substr(0, 2), "0x")) {
    base = 16;
    text.remove_prefix(2);
  }
  Number number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <class Number>
Result<Number> number_for(std::string_view type, std::string_view data) {
  auto number = parse_number<Number>(data.empty() ? "0" : data);
  if (number) return *number;
  return wrong(fmt::format("\"{}\" is no number that {} can hold", data, type));
}

Result<ByteVector> parse_hex(std::string_view text) {
  ByteVector bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    std::string_view pair = text.substr(i, 2);
    unsigned byte = 0;
    auto [end, error] =
        std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
    if (pair.size() != 2 || error != std::errc() || end != pair.data() + 2) {
      return wrong(fmt::format("\"{}\" isn't pairs of hex digits", text));
    }
    bytes.push_back(static_cast<std::byte>(byte));
  }
  return bytes;
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + separator.size());
  }
  return parts;
}

Value with_type(ValueType type, Value value) {
  value.type = type;
  return value;
}

}  // namespace

Result<Value> parse_data(std::string_view name, std::string_view type,
                         std::string_view data, std::string_view separator) {
  if (!to_utf16(name) || !to_utf16(data)) return wrong("a text that isn't UTF-8");
  auto parsed = hive::parse_value_type(type);
  if (!parsed) {
    return wrong(
        fmt::format("{} isn't a type: REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ, "
                    "REG_DWORD, REG_QWORD, REG_BINARY, REG_NONE, "
                    "REG_DWORD_BIG_ENDIAN, REG_LINK, REG_RESOURCE_LIST, "
                    "REG_FULL_RESOURCE_DESCRIPTOR, "
                    "REG_RESOURCE_REQUIREMENTS_LIST, or REG_0x and a number",
                    type));
  }
  switch (*parsed) {
    case ValueType::none:  // reg.exe stores the text, as of REG_SZ
      return with_type(ValueType::none, Value::sz(name, data));
    case ValueType::sz:
      return Value::sz(name, data);
    case ValueType::expand_sz:
      return Value::expand_sz(name, data);
    case ValueType::link:  // Windows keeps these without a terminator.
      return Value{.name = std::string(name),
                   .type = ValueType::link,
                   .data = utf16le_bytes(*to_utf16(data))};
    case ValueType::multi_sz:
      return Value::multi_sz(name, split(data, separator));
    case ValueType::dword:
      return Value::dword(name, TRY(number_for<std::uint32_t>(type, data)));
    case ValueType::dword_big_endian: {
      be32 number = TRY(number_for<std::uint32_t>(type, data));
      return with_type(*parsed, Value::binary(name, bytes_of(number)));
    }
    case ValueType::qword:
      return Value::qword(name, TRY(number_for<std::uint64_t>(type, data)));
    default:
      return with_type(*parsed, Value::binary(name, TRY(parse_hex(data))));
  }
}

}  // namespace drydock::reg
