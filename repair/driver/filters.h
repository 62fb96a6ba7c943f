// The filter drivers of device classes and of single devices: services that Windows
// puts above and below a device's own driver.  One that can't load keeps its device
// from starting.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/plan.h"

namespace drydock::driver {

struct FilterList {
  std::string key;    // "ControlSet001\Control\Class\{4d36e967-...}"
  std::string value;  // "UpperFilters"
  std::vector<std::string> names;
};

// Each list that has a name in it, of the classes and then of the devices of control
// set `set` ("ControlSet001").  unsupported where there are more than a machine has.
Result<std::vector<FilterList>> read_filter_lists(const hive::Hive& system,
                                                  const std::string& set);

// Calls `visit` for each device that Windows has met: three below Enum.
using VisitDevice = std::function<void(hive::Key key, const std::string& path)>;
Done visit_devices(const hive::Hive& system, const std::string& set,
                   const VisitDevice& visit);

// The edit that leaves of `list` the names for which `keep` is true; without any name
// left, no list.
repair::Action shortened(const repair::GuestPath& hive, const FilterList& list,
                         const std::function<bool(const std::string&)>& keep);

}  // namespace drydock::driver
