#include "repair/reg/print.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace drydock::reg {

namespace {

using hive::Value;
using nlohmann::json;

// JSON's numbers are doubles to many readers: beyond this they lose digits.
constexpr std::uint64_t kJsonNumberMax = std::uint64_t{1} << 53;

std::string hex(Bytes bytes, std::string_view digits) {
  std::string text;
  for (std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

json data_of(const Value& value) {
  if (auto text = value.text()) return *text;
  if (auto texts = value.texts()) return *texts;
  if (auto number = value.number()) {
    return *number <= kJsonNumberMax ? json(*number) : json(std::to_string(*number));
  }
  return hex(value.data, "0123456789abcdef");
}

}  // namespace

std::string_view shown_value_name(std::string_view name) {
  return name.empty() ? "(Default)" : name;
}

std::string shown_data(const Value& value, std::string_view separator) {
  if (auto text = value.text()) return *std::move(text);
  if (auto texts = value.texts()) {
    return fmt::format("{}", fmt::join(*texts, separator));
  }
  if (auto number = value.number()) return fmt::format("0x{:x}", *number);
  return hex(value.data, "0123456789ABCDEF");
}

json to_json(const Value& value) {
  return {
      {"name", value.name}, {"type", to_string(value.type)}, {"data", data_of(value)}};
}

}  // namespace drydock::reg
