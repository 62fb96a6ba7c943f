#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "repair/hive/hive.h"
#include "vhd/base/endian.h"
#include "vhd/base/utf16.h"

namespace drydock::hive {

namespace {

constexpr std::pair<ValueType, std::string_view> kTypeNames[] = {
    {ValueType::none, "REG_NONE"},
    {ValueType::sz, "REG_SZ"},
    {ValueType::expand_sz, "REG_EXPAND_SZ"},
    {ValueType::binary, "REG_BINARY"},
    {ValueType::dword, "REG_DWORD"},
    {ValueType::dword_big_endian, "REG_DWORD_BIG_ENDIAN"},
    {ValueType::link, "REG_LINK"},
    {ValueType::multi_sz, "REG_MULTI_SZ"},
    {ValueType::resource_list, "REG_RESOURCE_LIST"},
    {ValueType::full_resource, "REG_FULL_RESOURCE_DESCRIPTOR"},
    {ValueType::resource_requirements, "REG_RESOURCE_REQUIREMENTS_LIST"},
    {ValueType::qword, "REG_QWORD"},
};

constexpr std::string_view kNumberPrefix = "REG_0x";

ByteVector encode(std::string_view text) {
  return utf16le_bytes(to_utf16(text).value_or(u"\uFFFD"));
}

void append_zero(ByteVector& data) { data.resize(data.size() + sizeof(char16_t)); }

Value make_text(std::string_view name, ValueType type, std::string_view text) {
  Value value{.name = std::string(name), .type = type, .data = encode(text)};
  append_zero(value.data);
  return value;
}

Value make_value(std::string_view name, ValueType type, Bytes data) {
  return {.name = std::string(name), .type = type, .data = {data.begin(), data.end()}};
}

}  // namespace

std::string to_string(ValueType type) {
  for (auto& [known, name] : kTypeNames) {
    if (known == type) return std::string(name);
  }
  return fmt::format("{}{:x}", kNumberPrefix, static_cast<std::uint32_t>(type));
}

std::optional<ValueType> parse_value_type(std::string_view text) {
  for (auto& [type, name] : kTypeNames) {
    if (equal_ignoring_case(name, text)) return type;
  }
  if (!equal_ignoring_case(text.substr(0, kNumberPrefix.size()), kNumberPrefix)) {
    return std::nullopt;
  }
  text.remove_prefix(kNumberPrefix.size());
  std::uint32_t number = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<ValueType>(number);
}

std::optional<std::string> Value::text() const {
  if (type != ValueType::sz && type != ValueType::expand_sz &&
      type != ValueType::link) {
    return std::nullopt;
  }
  std::u16string units = utf16le(data);
  return to_utf8(std::u16string_view(units).substr(0, units.find(u'\0')));
}

std::optional<std::vector<std::string>> Value::texts() const {
  if (type != ValueType::multi_sz) return std::nullopt;
  std::u16string units = utf16le(data);
  std::u16string_view rest = units;
  // One zero ends the list, and one its last text.  Empty texts before them
  // count: in PendingFileRenameOperations they mean "delete".
  if (rest.ends_with(u'\0')) rest.remove_suffix(1);
  if (rest.ends_with(u'\0')) rest.remove_suffix(1);
  std::vector<std::string> texts;
  if (rest.empty()) return texts;
  for (;;) {
    std::size_t end = rest.find(u'\0');
    texts.push_back(to_utf8(rest.substr(0, end)));
    if (end == rest.npos) return texts;
    rest.remove_prefix(end + 1);
  }
}

std::optional<std::uint64_t> Value::number() const {
  if (type == ValueType::dword && data.size() == 4) return *load<le32>(data);
  if (type == ValueType::dword_big_endian && data.size() == 4) return *load<be32>(data);
  if (type == ValueType::qword && data.size() == 8) return *load<le64>(data);
  return std::nullopt;
}

Value Value::sz(std::string_view name, std::string_view text) {
  return make_text(name, ValueType::sz, text);
}

Value Value::expand_sz(std::string_view name, std::string_view text) {
  return make_text(name, ValueType::expand_sz, text);
}

Value Value::multi_sz(std::string_view name, const std::vector<std::string>& texts) {
  Value value{.name = std::string(name), .type = ValueType::multi_sz, .data = {}};
  for (const std::string& text : texts) {
    ByteVector encoded = encode(text);
    value.data.insert(value.data.end(), encoded.begin(), encoded.end());
    append_zero(value.data);
  }
  append_zero(value.data);
  return value;
}

Value Value::dword(std::string_view name, std::uint32_t number) {
  return make_value(name, ValueType::dword, bytes_of(le32(number)));
}

Value Value::qword(std::string_view name, std::uint64_t number) {
  return make_value(name, ValueType::qword, bytes_of(le64(number)));
}

Value Value::binary(std::string_view name, Bytes data) {
  return make_value(name, ValueType::binary, data);
}

}  // namespace drydock::hive
