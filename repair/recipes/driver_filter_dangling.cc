// A filter list of a device class, or of a device, names a service that isn't there: a
// driver was removed and its name was left.  None of those devices can start; where
// they are disks or volumes, Windows stops with 0x7B.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "repair/driver/filters.h"
#include "repair/driver/service_key.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"

namespace drydock::repair {

namespace {

// The classes without which Windows doesn't reach its disk: those of which Azure's
// win-fix-inaccessible-boot-device looks at the filters.
constexpr std::array<std::string_view, 5> kBootClasses = {
    "{4d36e967-e325-11ce-bfc1-08002be10318}",   // disks
    "{4d36e96a-e325-11ce-bfc1-08002be10318}",   // IDE and AHCI controllers
    "{4d36e97b-e325-11ce-bfc1-08002be10318}",   // storage controllers
    "{4d36e97d-e325-11ce-bfc1-08002be10318}",   // buses and the like
    "{71a27cdd-812a-11d0-bec7-08002be2092f}"};  // volumes

// A list, and those of its names that no service has.
struct Dangling {
  driver::FilterList list;
  std::vector<std::string> names;
  std::string class_id;  // of a class, or of the device
  std::string class_name;
};

bool stops_boot(const Dangling& one) {
  return std::any_of(
      kBootClasses.begin(), kBootClasses.end(),
      [&](std::string_view id) { return equal_ignoring_case(id, one.class_id); });
}

// What class the list is about: its key's name, or what a device says of itself.
void add_class(const hive::Hive& system, Dangling& one) {
  auto key = system.find(one.list.key);
  if (!key) return;
  one.class_id = driver::text_of(system, *key, "ClassGUID")
                     .value_or(one.list.key.substr(one.list.key.rfind('\\') + 1));
  one.class_name = driver::text_of(system, *key, "Class").value_or("");
}

Result<std::vector<Dangling>> look(const Installation& windows) {
  const hive::Hive* system = TRY(windows.system());
  if (system->dirty()) {
    return Error(Errc::busy, "its logs hold changes that the hive lacks")
        .in(windows.disk().show(windows.hive_path("SYSTEM")));
  }
  ControlSets sets = TRY(read_control_sets(*system));
  std::vector<Dangling> all;
  for (std::uint32_t number : sets.to_edit()) {
    std::string set = control_set_name(number);
    for (driver::FilterList& list : TRY(driver::read_filter_lists(*system, set))) {
      Dangling one;
      for (const std::string& name : list.names) {
        auto service = system->find(fmt::format("{}\\Services\\{}", set, name));
        if (!name.empty() && !service && service.error().code() == Errc::not_found) {
          one.names.push_back(name);
        }
      }
      if (one.names.empty()) continue;
      one.list = std::move(list);
      add_class(*system, one);
      all.push_back(std::move(one));
    }
  }
  return all;
}

std::string where(const Installation& windows, const driver::FilterList& list) {
  return fmt::format("{} {} {}", windows.disk().show(windows.hive_path("SYSTEM")),
                     list.key, list.value);
}

class DriverFilterDangling final : public Recipe {
 public:
  std::string_view id() const override { return "driver.filter-dangling"; }
  std::string_view summary() const override {
    return "a filter of a device class or a device names a service that isn't there";
  }
  std::string_view reads() const override {
    return "SYSTEM: Control\\Class, Enum and Services";
  }
  std::string_view writes() const override {
    return "SYSTEM: the name out of UpperFilters and LowerFilters, in each control set "
           "that Select names";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const Installation& windows = *subject.windows;
    Findings findings;
    for (const Dangling& one : TRY(look(windows))) {
      Finding finding;
      finding.recipe = id();
      finding.what = fmt::format(
          "the filter {} of {} has no service, and no such device can start",
          fmt::join(one.names, ", "),
          one.class_name.empty() ? "devices" : one.class_name);
      finding.where = where(windows, one.list);
      finding.evidence = {fmt::format("{} {}: {}", one.list.key, one.list.value,
                                      fmt::join(one.list.names, ", "))};
      for (const std::string& name : one.names) {
        finding.evidence.push_back(
            fmt::format("there is no {}\\Services\\{}",
                        one.list.key.substr(0, one.list.key.find('\\')), name));
      }
      finding.stops_boot = stops_boot(one);
      if (finding.stops_boot) finding.stop_code = "0x7B";
      findings.push_back(std::move(finding));
    }
    return findings;
  }

  Done mend(const Subject& subject, const Finding& finding, const Settings&,
            Plan& plan) const override {
    const Installation& windows = *subject.windows;
    for (const Dangling& one : TRY(look(windows))) {
      if (where(windows, one.list) != finding.where) continue;
      auto is_there = [&](const std::string& name) {
        return !driver::has_name(one.names, name);
      };
      plan.edits.push_back(
          {.action = driver::shortened(windows.hive_path("SYSTEM"), one.list, is_there),
           .why = fmt::format("there is no service {}", fmt::join(one.names, ", "))});
    }
    return {};
  }
};

}  // namespace

const Recipe& driver_filter_dangling() {
  static const DriverFilterDangling recipe;
  return recipe;
}

}  // namespace drydock::repair
