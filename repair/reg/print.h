// A value as reg.exe prints it, and as --json does.

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "repair/hive/hive.h"

namespace drydock::reg {

// What reg.exe calls the value without a name.
std::string_view shown_value_name(std::string_view name);

// The data: texts of REG_MULTI_SZ with `separator` between them, numbers as 0x and
// hex, all else as pairs of hex digits.
std::string shown_data(const hive::Value& value, std::string_view separator = "\\0");

// {"name", "type", "data"}.
nlohmann::json to_json(const hive::Value& value);

}  // namespace drydock::reg
