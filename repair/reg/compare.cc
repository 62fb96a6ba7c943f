#include "repair/reg/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "repair/hive/upcase.h"
#include "repair/reg/print.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::reg {

namespace {

using hive::Key;
using hive::Value;
using nlohmann::json;

// A name as hives tell two of them apart.
std::u16string folded(std::string_view name) {
  return hive::upcase(to_utf16(name).value_or(u""));
}

std::string below(std::string_view key, std::string_view name) {
  return fmt::format("{}{}{}", key, key.empty() ? "" : "\\", name);
}

// Two keys that both are there.
struct Both {
  std::string key;  // below those that are compared
  Key first;
  Key second;
};

class Comparison {
 public:
  Comparison(const Compare& compare, const hive::Hive& first, const hive::Hive& second)
      : compare_(compare), first_(first), second_(second) {}

  Result<std::vector<Pair>> run(Key first, Key second);

 private:
  Done take_values(const Both& both);
  Done take_subkeys(const Both& both);
  void add(const std::string& key, std::optional<Value> first,
           std::optional<Value> second);
  bool is_meant(const Value& value) const {
    return !compare_.value || folded(value.name) == folded(*compare_.value);
  }

  const Compare& compare_;
  const hive::Hive& first_;
  const hive::Hive& second_;
  std::vector<Both> ahead_;
  std::vector<Pair> pairs_;
};

void Comparison::add(const std::string& key, std::optional<Value> first,
                     std::optional<Value> second) {
  Pair pair{.key = key};
  pair.name = first ? first->name : second->name;
  pair.in_first = first.has_value();
  pair.in_second = second.has_value();
  pair.first = std::move(first);
  pair.second = std::move(second);
  pairs_.push_back(std::move(pair));
}

Done Comparison::take_values(const Both& both) {
  std::map<std::u16string, Value> others;
  std::vector<std::u16string> order;
  for (Value& value : TRY(second_.values(both.second))) {
    if (!is_meant(value)) continue;
    order.push_back(folded(value.name));
    others.emplace(order.back(), std::move(value));
  }
  for (Value& value : TRY(first_.values(both.first))) {
    if (!is_meant(value)) continue;
    auto other = others.extract(folded(value.name));
    std::optional<Value> second;
    if (other) second = std::move(other.mapped());
    add(both.key, std::move(value), std::move(second));
  }
  for (const std::u16string& name : order) {
    if (auto other = others.extract(name)) {
      add(both.key, std::nullopt, std::move(other.mapped()));
    }
  }
  return {};
}

Done Comparison::take_subkeys(const Both& both) {
  std::map<std::u16string, std::pair<std::string, Key>> others;
  for (Key key : TRY(second_.subkeys(both.second))) {
    std::string name = TRY(second_.name(key));
    others.emplace(folded(name), std::pair(name, key));
  }
  std::size_t before = ahead_.size();
  for (Key key : TRY(first_.subkeys(both.first))) {
    std::string name = TRY(first_.name(key));
    Pair pair{.key = below(both.key, name)};
    pair.in_first = true;
    if (auto other = others.extract(folded(name))) {
      pair.in_second = true;
      ahead_.push_back({pair.key, key, other.mapped().second});
    }
    pairs_.push_back(std::move(pair));
  }
  std::reverse(ahead_.begin() + static_cast<std::ptrdiff_t>(before), ahead_.end());
  for (const auto& [name, other] : others) {
    Pair pair{.key = below(both.key, other.first)};
    pair.in_second = true;
    pairs_.push_back(std::move(pair));
  }
  return {};
}

// Ends, because no hive that opened leads back to a key.
Result<std::vector<Pair>> Comparison::run(Key first, Key second) {
  ahead_.push_back({"", first, second});
  while (!ahead_.empty()) {
    Both both = std::move(ahead_.back());
    ahead_.pop_back();
    TRY(take_values(both));
    if (compare_.recursive) TRY(take_subkeys(both));
  }
  return std::move(pairs_);
}

std::string line_of(std::string_view sign, const Side& side, const Pair& pair,
                    const std::optional<Value>& value) {
  std::string key = below(side.name, pair.key);
  if (pair.key.empty()) key = side.name.empty() ? "\\" : side.name;
  if (!value) return fmt::format("{} Key:  {}\n", sign, key);
  return fmt::format("{} Value:  {}  {}    {}    {}\n", sign, key,
                     shown_value_name(value->name), to_string(value->type),
                     shown_data(*value));
}

json value_json(const std::optional<Value>& value) {
  return value ? to_json(*value) : json(nullptr);
}

}  // namespace

bool Pair::alike() const {
  if (!in_first || !in_second) return false;
  return !first || (first->type == second->type && first->data == second->data);
}

Result<std::vector<Pair>> compare(const Compare& compare, const Side& first,
                                  const Side& second) {
  Key first_key = TRY(first.hive->find(first.path).in(first.name));
  Key second_key = TRY(second.hive->find(second.path).in(second.name));
  auto pairs =
      TRY(Comparison(compare, *first.hive, *second.hive).run(first_key, second_key));
  if (compare.value && pairs.empty()) {
    return Error(Errc::not_found, fmt::format("neither key has a value {}",
                                              shown_value_name(*compare.value)));
  }
  return pairs;
}

bool all_alike(const std::vector<Pair>& pairs) {
  return std::ranges::all_of(pairs, &Pair::alike);
}

std::string print(const Compare& compare, const std::vector<Pair>& pairs,
                  const Side& first, const Side& second) {
  std::string text;
  for (const Pair& pair : pairs) {
    if (pair.alike()) {
      if (compare.shows_matches) text += line_of("=", first, pair, pair.first);
      continue;
    }
    if (!compare.shows_differences) continue;
    if (pair.in_first) text += line_of("<", first, pair, pair.first);
    if (pair.in_second) text += line_of(">", second, pair, pair.second);
  }
  return fmt::format(
      "{}{}Result Compared: {}\n\nThe operation completed successfully.\n", text,
      text.empty() ? "" : "\n", all_alike(pairs) ? "Identical" : "Different");
}

std::string to_json_text(const std::vector<Pair>& pairs, const Side& first,
                         const Side& second) {
  json differences = json::array();
  for (const Pair& pair : pairs) {
    if (pair.alike()) continue;
    differences.push_back({{"key", pair.key},
                           {"value", pair.name ? json(*pair.name) : json(nullptr)},
                           {"in_first", pair.in_first},
                           {"in_second", pair.in_second},
                           {"first", value_json(pair.first)},
                           {"second", value_json(pair.second)}});
  }
  json document = {{"first", first.name},
                   {"second", second.name},
                   {"identical", differences.empty()},
                   {"compared", pairs.size()},
                   {"differences", std::move(differences)}};
  return document.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace drydock::reg
