#include "repair/control_sets.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

constexpr std::string_view kPrefix = "ControlSet";
// The name has three digits, and so no number above this is one.
constexpr std::uint32_t kNumberMax = 999;

// "ControlSet002" to 2; nothing for any other name.
std::optional<std::uint32_t> control_set_number(std::string_view name) {
  if (name.size() != kPrefix.size() + 3) return std::nullopt;
  if (!equal_ignoring_case(name.substr(0, kPrefix.size()), kPrefix))
    return std::nullopt;
  std::uint32_t number = 0;
  for (char c : name.substr(kPrefix.size())) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (number == 0) return std::nullopt;
  return number;
}

// One number of Select; 0, which names no set, where it isn't there.
Result<std::uint32_t> selected(const hive::Hive& system, hive::Key select,
                               std::string_view name) {
  Result<hive::Value> value = system.value(select, name);
  if (!value && value.error().code() == Errc::not_found) return 0;
  if (!value) return std::move(value).error();
  std::optional<std::uint64_t> number = value->number();
  if (!number || *number > kNumberMax) {
    return Error(Errc::corrupt,
                 fmt::format("Select's {} is no control set's number", name));
  }
  return static_cast<std::uint32_t>(*number);
}

// Each once, ascending, without 0.
std::set<std::uint32_t> named(const ControlSets& sets) {
  std::set<std::uint32_t> numbers{sets.current, sets.default_, sets.last_known_good};
  numbers.erase(0);
  return numbers;
}

bool exists(const ControlSets& sets, std::uint32_t number) {
  return std::find(sets.existing.begin(), sets.existing.end(), number) !=
         sets.existing.end();
}

}  // namespace

std::vector<std::uint32_t> ControlSets::to_edit() const {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t number : named(*this)) {
    if (exists(*this, number)) numbers.push_back(number);
  }
  return numbers;
}

std::vector<std::uint32_t> ControlSets::missing() const {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t number : named(*this)) {
    if (!exists(*this, number)) numbers.push_back(number);
  }
  return numbers;
}

std::string control_set_name(std::uint32_t number) {
  return fmt::format("{}{:03}", kPrefix, number);
}

Result<ControlSets> read_control_sets(const hive::Hive& system) {
  hive::Key select = TRY(system.find("Select"));
  ControlSets sets;
  sets.current = TRY(selected(system, select, "Current"));
  sets.default_ = TRY(selected(system, select, "Default"));
  sets.failed = TRY(selected(system, select, "Failed"));
  sets.last_known_good = TRY(selected(system, select, "LastKnownGood"));
  if (sets.current == 0) {
    return Error(Errc::not_found, "Select names no current control set");
  }
  for (hive::Key key : TRY(system.subkeys(system.root()))) {
    std::string name = TRY(system.name(key));
    if (auto number = control_set_number(name)) sets.existing.push_back(*number);
  }
  std::sort(sets.existing.begin(), sets.existing.end());
  return sets;
}

Result<CurrentKeys> keys_in_control_sets(const ControlSets& sets,
                                         std::string_view key) {
  CurrentKeys current;
  for (std::uint32_t number : sets.to_edit()) {
    current.keys.push_back(fmt::format("{}\\{}", control_set_name(number), key));
  }
  if (current.keys.empty()) {
    return Error(Errc::corrupt,
                 fmt::format("none of the control sets that Select names exists "
                             "(current {}, default {}, last known good {})",
                             sets.current, sets.default_, sets.last_known_good));
  }
  for (std::uint32_t number : sets.missing()) {
    current.notes.push_back(
        fmt::format("{} is named by Select but doesn't exist: {} is left out there",
                    control_set_name(number), key));
  }
  return current;
}

Done refuse_new_control_set(const hive::Hive& hive, std::string_view key) {
  if (!hive.find("Select")) return {};
  if (key.starts_with('\\')) key.remove_prefix(1);
  std::string_view set = key.substr(0, key.find('\\'));
  bool is_current = equal_ignoring_case(set, "CurrentControlSet");
  if (!is_current && !control_set_number(set)) return {};
  Result<hive::Key> found = hive.find(set);
  if (found) return {};
  if (found.error().code() != Errc::not_found) return std::move(found).error();
  return Error(
      Errc::bad_argument,
      fmt::format("{} isn't in this hive, and no control set is ever made", set));
}

std::optional<std::string_view> below_current_control_set(std::string_view key) {
  constexpr std::string_view kCurrent = "CurrentControlSet";
  if (key.starts_with('\\')) key.remove_prefix(1);
  if (!equal_ignoring_case(key.substr(0, kCurrent.size()), kCurrent)) {
    return std::nullopt;
  }
  key.remove_prefix(kCurrent.size());
  if (key.empty()) return key;
  if (!key.starts_with('\\')) return std::nullopt;
  return key.substr(1);
}

}  // namespace drydock::repair
