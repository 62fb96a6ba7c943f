// In which order Windows loads its drivers.
//
// All that start at boot, then all that start with the system, then those that the
// service control manager starts.  Among them by the place of their Group in
// ServiceGroupOrder; within a group by the place of their Tag in GroupOrderList, those
// whose tag isn't there after the others, and those without one last (Microsoft,
// "GroupOrderList"; KB 115486).  What is still equal comes in the reverse order of the
// registry, and of boot drivers three groups and a list of files come before all
// others: Colin Finck, "More than you ever wanted to know" (nt-load-order), who watched
// the loader of Windows 10 and 11 do so.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "repair/driver/inventory.h"

namespace drydock::driver {

// What the control set says of groups; names in lower case.
struct GroupOrder {
  std::map<std::string, std::size_t> groups;                  // place in the list
  std::map<std::string, std::vector<std::uint32_t>> tags_of;  // in their order
};

GroupOrder read_group_order(const hive::Hive& system, const std::string& control_set);

// Sorts drivers that are in the order of the registry, and numbers those that Windows
// loads by itself.
void sort_by_load_order(std::vector<Driver>& drivers, const GroupOrder& order);

}  // namespace drydock::driver
