#include "repair/reg/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "repair/hive/upcase.h"
#include "repair/reg/print.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::reg {

namespace {

using hive::Hive;
using hive::Key;
using hive::Value;
using nlohmann::json;

// What an unset default value is shown as.
constexpr std::string_view kNotSet = "    (Default)    REG_SZ    (value not set)\n";

std::string join(std::string_view a, std::string_view b) {
  return fmt::format("{}{}{}", a, a.empty() || b.empty() ? "" : "\\", b);
}

// The pattern of /f.
class Pattern {
 public:
  explicit Pattern(const Query& query) : case_matters_(query.case_matters) {
    pattern_ = folded(query.pattern.value_or("*"));
    if (!query.whole) pattern_ = u"*" + pattern_ + u"*";
  }

  bool matches(std::string_view text) const {
    std::u16string units = folded(text);
    // Where the last '*' was met, and what it has swallowed since.
    std::size_t star = pattern_.npos;
    std::size_t swallowed = 0;
    std::size_t at = 0;
    for (std::size_t i = 0; i < units.size();) {
      if (at < pattern_.size() && pattern_[at] == u'*') {
        star = at++;
        swallowed = i;
      } else if (at < pattern_.size() &&
                 (pattern_[at] == u'?' || pattern_[at] == units[i])) {
        ++at;
        ++i;
      } else if (star != pattern_.npos) {
        at = star + 1;
        i = ++swallowed;
      } else {
        return false;
      }
    }
    return pattern_.find_first_not_of(u'*', at) == pattern_.npos;
  }

 private:
  std::u16string folded(std::string_view text) const {
    std::u16string units = to_utf16(text).value_or(u"");
    return case_matters_ ? units : hive::upcase(units);
  }

  bool case_matters_;
  std::u16string pattern_;
};

// One query on its way through a hive.
class Search {
 public:
  Search(const Query& query, const Hive& hive)
      : query_(query), hive_(hive), pattern_(query) {}

  Result<Answer> run(std::string_view path);

 private:
  Result<std::vector<Value>> values_to_show(Key key) const;
  bool is_match(const Value& value) const;
  bool is_match(std::string_view key_name) const {
    return query_.pattern && query_.where.keys && !query_.value && !query_.type &&
           pattern_.matches(key_name);
  }

  const Query& query_;
  const Hive& hive_;
  Pattern pattern_;
};

bool Search::is_match(const Value& value) const {
  if (query_.type && value.type != *query_.type) return false;
  if (!query_.pattern) return true;
  return (query_.where.names && !query_.value && pattern_.matches(value.name)) ||
         ((query_.where.data || query_.value) &&
          pattern_.matches(shown_data(value, query_.separator)));
}

Result<std::vector<Value>> Search::values_to_show(Key key) const {
  std::vector<Value> values;
  if (!query_.value) {
    values = TRY(hive_.values(key));
  } else if (auto value = hive_.value(key, *query_.value)) {
    values.push_back(*std::move(value));
  } else if (value.error().code() != Errc::not_found ||
             (!query_.is_search() && !query_.value->empty())) {
    return std::move(value).error();
  }
  std::erase_if(values, [&](const Value& value) { return !is_match(value); });
  return values;
}

// The key of the query, and with /s all below it, each before those below it.
// Ends, because no hive that opened leads back to a key.
Result<Answer> Search::run(std::string_view path) {
  Answer answer;
  std::uint64_t count = 0;
  struct Ahead {
    Key key;
    std::string name;
    bool matched;
  };
  std::vector<Ahead> ahead;
  ahead.push_back({TRY(hive_.find(path)), query_.key.name(), false});
  while (!ahead.empty()) {
    Ahead next = std::move(ahead.back());
    ahead.pop_back();
    Found found{.name = next.name, .values = {}, .subkeys = {}};
    found.shown = next.matched || (query_.recursive && !query_.is_search());
    found.values = TRY(values_to_show(next.key));
    count += found.values.size() + next.matched;
    std::size_t first = ahead.size();
    for (Key subkey : TRY(hive_.subkeys(next.key))) {
      std::string name = TRY(hive_.name(subkey));
      bool matched = is_match(name);
      std::string whole = join(next.name, name);
      if (query_.recursive) ahead.push_back({subkey, whole, matched});
      bool listed = query_.is_search() ? matched && !query_.recursive : !query_.value;
      if (!listed) continue;
      count += matched;
      found.subkeys.push_back(std::move(whole));
    }
    std::reverse(ahead.begin() + static_cast<std::ptrdiff_t>(first), ahead.end());
    bool nothing = !found.shown && found.values.empty() && found.subkeys.empty();
    if (answer.keys.empty() || !nothing) answer.keys.push_back(std::move(found));
  }
  if (query_.is_search()) answer.match_count = count;
  return answer;
}

// The root of a hive in a file of its own has no name.
std::string_view shown(const std::string& name) {
  return name.empty() ? std::string_view("\\") : name;
}

std::string lines_of(const Query& query, const std::vector<Value>& values) {
  std::string lines;
  for (const Value& value : values) {
    std::string type = to_string(value.type);
    if (query.type_numbers) {
      type += fmt::format(" ({})", static_cast<std::uint32_t>(value.type));
    }
    lines += fmt::format("    {}    {}    {}\n", shown_value_name(value.name), type,
                         shown_data(value, query.separator));
  }
  return lines;
}

json json_of(const Found& found) {
  json values = json::array();
  for (const Value& value : found.values) values.push_back(to_json(value));
  json subkeys = json::array();
  for (const std::string& name : found.subkeys) {
    subkeys.push_back(name.substr(name.rfind('\\') + 1));
  }
  return {{"key", shown(found.name)}, {"values", values}, {"subkeys", subkeys}};
}

}  // namespace

Result<Answer> answer(const Query& query, const Hive& hive, std::string_view path) {
  return Search(query, hive).run(path);
}

std::string print(const Query& query, const Answer& answer) {
  std::string text;
  bool of_default = query.value && query.value->empty() && !query.is_search();
  for (const Found& found : answer.keys) {
    std::string lines = lines_of(query, found.values);
    if (lines.empty() && of_default) lines = kNotSet;
    // A key without values isn't named before its subkeys.
    if (found.shown || !lines.empty()) {
      bool alone = lines.empty() && query.is_search();
      text += fmt::format("{}\n{}{}", shown(found.name), lines, alone ? "" : "\n");
    }
    if (query.recursive) continue;  // They follow, each with what it holds.
    for (const std::string& subkey : found.subkeys) text += subkey + "\n";
  }
  if (!text.empty()) text.insert(0, "\n");
  if (answer.match_count) {
    if (!text.empty() && !text.ends_with("\n\n")) text += "\n";
    text += fmt::format("End of search: {} match(es) found.\n", *answer.match_count);
  }
  return text;
}

std::string to_json_text(const Query& query, const Answer& answer) {
  json document = json_of(answer.keys.front());
  document["keys"] = nullptr;
  if (query.recursive) {
    document["keys"] = json::array();
    for (std::size_t i = 1; i < answer.keys.size(); ++i) {
      document["keys"].push_back(json_of(answer.keys[i]));
    }
  }
  document["matches"] = answer.match_count ? json(*answer.match_count) : json(nullptr);
  // Windows' unpaired surrogates have no place in JSON: U+FFFD stands for them.
  return document.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace drydock::reg
