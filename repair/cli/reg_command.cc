#include "repair/cli/reg_command.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "vhd/base/try.h"

namespace drydock::cli {

namespace {

using hive::Hive;
using hive::Key;
using hive::Value;
using hive::ValueType;
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

std::string join(std::string_view a, std::string_view b, std::string_view separator) {
  return fmt::format("{}{}{}", a, a.empty() || b.empty() ? "" : separator, b);
}

// What a query shows of one key.
struct Found {
  std::string name;  // whole, as reg.exe prints it
  std::vector<Value> values;
  std::vector<std::string> subkeys;  // whole names
};

Result<Found> look_at(const RegQuery& query, const Hive& hive, Key key,
                      std::string name) {
  Found found{.name = std::move(name), .values = {}, .subkeys = {}};
  if (!query.value) {
    found.values = TRY(hive.values(key));
    for (Key subkey : TRY(hive.subkeys(key))) {
      found.subkeys.push_back(join(found.name, TRY(hive.name(subkey)), "\\"));
    }
    return found;
  }
  auto value = hive.value(key, *query.value);
  if (value) {
    found.values.push_back(*std::move(value));
  } else if (!query.recursive || value.error().code() != Errc::not_found) {
    return std::move(value).error();
  }
  return found;
}

// The key of the query, and with /s all below it, each before those below it.
// Ends, because no hive that opened leads back to a key.
Result<std::vector<Found>> search(const RegQuery& query, const Hive& hive,
                                  std::string_view path) {
  std::vector<Found> all;
  std::vector<std::pair<Key, std::string>> ahead;
  ahead.emplace_back(TRY(hive.find(path)), join(query.key.root, query.key.path, "\\"));
  while (!ahead.empty()) {
    auto [key, name] = std::move(ahead.back());
    ahead.pop_back();
    all.push_back(TRY(look_at(query, hive, key, name)));
    if (!query.recursive) break;
    auto subkeys = TRY(hive.subkeys(key));
    for (auto subkey = subkeys.rbegin(); subkey != subkeys.rend(); ++subkey) {
      ahead.emplace_back(*subkey, join(name, TRY(hive.name(*subkey)), "\\"));
    }
  }
  return all;
}

std::string text_of(const Value& value) {
  if (auto text = value.text()) return *std::move(text);
  if (auto texts = value.texts()) {
    return fmt::format("{}", fmt::join(*texts, "\\0"));
  }
  if (auto number = value.number()) return fmt::format("0x{:x}", *number);
  return hex(value.data, "0123456789ABCDEF");
}

// The root of a hive in a file of its own has no name.
std::string_view shown(const std::string& name) {
  return name.empty() ? std::string_view("\\") : name;
}

std::string lines_of(const std::vector<Value>& values) {
  std::string lines;
  for (const Value& value : values) {
    lines += fmt::format("    {}    {}    {}\n",
                         value.name.empty() ? "(Default)" : value.name,
                         to_string(value.type), text_of(value));
  }
  return lines;
}

json data_of(const Value& value) {
  if (auto text = value.text()) return *text;
  if (auto texts = value.texts()) return *texts;
  if (auto number = value.number()) {
    return *number <= kJsonNumberMax ? json(*number) : json(std::to_string(*number));
  }
  return hex(value.data, "0123456789abcdef");
}

json json_of(const Found& found) {
  json values = json::array();
  for (const Value& value : found.values) {
    values.push_back({{"name", value.name},
                      {"type", to_string(value.type)},
                      {"data", data_of(value)}});
  }
  json subkeys = json::array();
  for (const std::string& name : found.subkeys) {
    subkeys.push_back(name.substr(name.rfind('\\') + 1));
  }
  return {{"key", shown(found.name)}, {"values", values}, {"subkeys", subkeys}};
}

}  // namespace

Result<std::string> print_reg(const RegQuery& query, const Hive& hive,
                              std::string_view path) {
  std::string text;
  for (const Found& found : TRY(search(query, hive, path))) {
    // With /s /v only keys that have the value are shown; without /s, a key
    // without values isn't named before its subkeys.
    if ((query.recursive && !query.value) || !found.values.empty()) {
      text += fmt::format("\n{}\n{}", shown(found.name), lines_of(found.values));
    }
    if (query.recursive || found.subkeys.empty()) continue;
    text += fmt::format("\n{}\n", fmt::join(found.subkeys, "\n"));
  }
  return text;
}

Result<std::string> json_of_reg(const RegQuery& query, const Hive& hive,
                                std::string_view path) {
  auto all = TRY(search(query, hive, path));
  json document = json_of(all.front());
  document["keys"] = nullptr;
  if (query.recursive) {
    document["keys"] = json::array();
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (!query.value || !all[i].values.empty()) {
        document["keys"].push_back(json_of(all[i]));
      }
    }
  }
  // Windows' unpaired surrogates have no place in JSON: U+FFFD stands for them.
  return document.dump(2, ' ', false, json::error_handler_t::replace);
}

std::vector<repair::Action> plan_reg(const RegAdd& add, const repair::GuestPath& where,
                                     const std::vector<std::string>& paths) {
  std::vector<repair::Action> actions;
  for (const std::string& path : paths) {
    actions.push_back(
        repair::RegistrySet{.hive = where, .key = path, .value = add.value});
  }
  return actions;
}

Result<std::vector<repair::Action>> plan_reg(const RegDelete& remove, const Hive& hive,
                                             const repair::GuestPath& where,
                                             const std::vector<std::string>& paths) {
  std::vector<repair::Action> actions;
  std::optional<Error> absent;
  auto take = [&](const std::string& path, std::optional<std::string> value) {
    actions.push_back(
        repair::RegistryDelete{.hive = where, .key = path, .value = std::move(value)});
  };
  bool found_any = false;
  for (const std::string& path : paths) {
    auto key = hive.find(path);
    Result<Value> value = Value{};
    if (key && remove.value) value = hive.value(*key, *remove.value);
    if (!key || !value) {
      Error error = !key ? std::move(key).error() : std::move(value).error();
      if (error.code() != Errc::not_found) return error;
      absent = std::move(error);
      continue;
    }
    found_any = true;
    if (!remove.all_values) {
      take(path, remove.value);
      continue;
    }
    for (const Value& one : TRY(hive.values(*key))) take(path, one.name);
  }
  if (!found_any && absent) return *std::move(absent);
  return actions;
}

}  // namespace drydock::cli
