#include "repair/driver/filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "repair/driver/service_key.h"
#include "vhd/base/try.h"

namespace drydock::driver {

namespace {

// Of one control set: a machine with ten thousand devices is unheard of.
constexpr std::size_t kDeviceKeyMax = 100'000;

// Calls `visit` for each key `depth` below `from`.
Done walk(const hive::Hive& system, const std::string& from, int depth,
          const VisitDevice& visit, std::size_t& seen_count) {
  auto top = system.find(from);
  if (!top) return {};
  for (hive::Key key : TRY(system.subkeys(*top))) {
    if (++seen_count > kDeviceKeyMax) {
      return Error(Errc::unsupported,
                   fmt::format("there are more than {} devices", kDeviceKeyMax))
          .in(from);
    }
    std::string path = fmt::format("{}\\{}", from, TRY(system.name(key)));
    if (depth == 1) {
      visit(key, path);
    } else {
      TRY(walk(system, path, depth - 1, visit, seen_count));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<FilterList>> read_filter_lists(const hive::Hive& system,
                                                  const std::string& set) {
  std::vector<FilterList> lists;
  auto add = [&](hive::Key at, const std::string& path) {
    for (std::string_view value : {"UpperFilters", "LowerFilters"}) {
      auto names = texts_of(system, at, value);
      if (!names || names->empty()) continue;
      lists.push_back(
          {.key = path, .value = std::string(value), .names = *std::move(names)});
    }
  };
  std::size_t seen_count = 0;
  TRY(walk(system, set + "\\Control\\Class", 1, add, seen_count));
  TRY(visit_devices(system, set, add));
  return lists;
}

Done visit_devices(const hive::Hive& system, const std::string& set,
                   const VisitDevice& visit) {
  std::size_t seen_count = 0;
  // Bus, device, instance.
  return walk(system, set + "\\Enum", 3, visit, seen_count);
}

repair::Action shortened(const repair::GuestPath& hive, const FilterList& list,
                         const std::function<bool(const std::string&)>& keep) {
  std::vector<std::string> rest;
  std::copy_if(list.names.begin(), list.names.end(), std::back_inserter(rest), keep);
  if (rest.empty()) {
    return repair::RegistryDelete{.hive = hive, .key = list.key, .value = list.value};
  }
  return repair::RegistrySet{
      .hive = hive, .key = list.key, .value = hive::Value::multi_sz(list.value, rest)};
}

}  // namespace drydock::driver
