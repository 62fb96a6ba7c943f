#include "repair/driver/load_order.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

#include "vhd/base/endian.h"
#include "vhd/base/utf16.h"

namespace drydock::driver {

namespace {

constexpr std::size_t kLast = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kBeforeLast = kLast - 1;

// Files that the loader loads before all others, then groups that it puts before those
// of ServiceGroupOrder.
constexpr std::array<std::string_view, 10> kFirstFiles = {
    "verifierext.sys", "wdf01000.sys", "acpiex.sys",  "cng.sys",     "mssecflt.sys",
    "sgrmagent.sys",   "lxss.sys",     "palcore.sys", "acpisim.sys", "acpi.sys"};
constexpr std::array<std::string_view, 3> kFirstGroups = {
    "early-launch", "core platform extensions", "core security extensions"};

template <std::size_t count>
std::size_t place_in(const std::array<std::string_view, count>& list,
                     std::string_view word) {
  auto found = std::find(list.begin(), list.end(), word);
  return found == list.end() ? kLast : static_cast<std::size_t>(found - list.begin());
}

std::size_t place_of_file(const Driver& driver) {
  constexpr std::string_view kFolder = "system32\\drivers\\";
  std::string path = ascii_lower(driver.image_path);
  if (!path.starts_with(kFolder)) return kLast;
  return place_in(kFirstFiles, std::string_view(path).substr(kFolder.size()));
}

std::size_t place_of_tag(const Driver& driver, const std::string& group,
                         const GroupOrder& order) {
  if (!driver.tag) return kLast;
  if (group.empty()) return kBeforeLast;
  auto tags = order.tags_of.find(group);
  // Group "Core" has tags and no list.
  if (tags == order.tags_of.end()) return *driver.tag;
  auto found = std::find(tags->second.begin(), tags->second.end(), *driver.tag);
  if (found == tags->second.end()) return kBeforeLast;
  return static_cast<std::size_t>(found - tags->second.begin()) + 1;
}

// The less, the sooner.
using Place = std::tuple<std::uint32_t, std::size_t, std::size_t, std::size_t,
                         std::size_t, std::size_t>;

Place place_of(const Driver& driver, std::size_t registry_index,
               const GroupOrder& order) {
  auto start = static_cast<Start>(driver.start);
  if (start != Start::boot && start != Start::system && start != Start::automatic) {
    return {driver.start, 0, 0, 0, 0, registry_index};
  }
  bool boot = start == Start::boot;
  std::string group = ascii_lower(driver.group);
  auto found = order.groups.find(group);
  return {driver.start,
          boot ? place_of_file(driver) : kLast,
          boot ? place_in(kFirstGroups, group) : kLast,
          found == order.groups.end() ? kLast : found->second,
          place_of_tag(driver, group, order),
          kLast - registry_index};
}

}  // namespace

GroupOrder read_group_order(const hive::Hive& system, const std::string& control_set) {
  GroupOrder order;
  auto groups = system.find(control_set + "\\Control\\ServiceGroupOrder");
  if (groups) {
    auto list = system.value(*groups, "List");
    auto names = list ? list->texts() : std::nullopt;
    std::size_t place = 0;
    for (const std::string& name : names.value_or(std::vector<std::string>())) {
      order.groups.emplace(ascii_lower(name), place++);
    }
  }
  auto tags = system.find(control_set + "\\Control\\GroupOrderList");
  if (!tags) return order;
  auto values = system.values(*tags);
  if (!values) return order;
  for (const hive::Value& value : *values) {
    // A count, then so many tags; some have more bytes, or fewer.
    auto count = load<le32>(value.data);
    std::vector<std::uint32_t> listed;
    for (std::size_t at = sizeof(le32); count && listed.size() < *count;
         at += sizeof(le32)) {
      auto tag = load<le32>(value.data, at);
      if (!tag) break;
      listed.push_back(*tag);
    }
    order.tags_of.emplace(ascii_lower(value.name), std::move(listed));
  }
  return order;
}

void sort_by_load_order(std::vector<Driver>& drivers, const GroupOrder& order) {
  std::vector<std::pair<Place, Driver>> placed;
  placed.reserve(drivers.size());
  for (std::size_t i = 0; i < drivers.size(); ++i) {
    placed.emplace_back(place_of(drivers[i], i, order), std::move(drivers[i]));
  }
  std::stable_sort(placed.begin(), placed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::size_t count = 0;
  drivers.clear();
  for (auto& [place, driver] : placed) {
    if (driver.start <= static_cast<std::uint32_t>(Start::automatic)) {
      driver.order = ++count;
    }
    drivers.push_back(std::move(driver));
  }
}

}  // namespace drydock::driver
