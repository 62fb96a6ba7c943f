// A driver that a person names is kept from loading: Start becomes 4 in every
// control set that Windows may start from, and the name is taken out of the
// filter lists of device classes and devices (driver/disable.h).
//
// It judges nothing by itself: a stop code, a dump or an event log told the
// person which driver it is.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "repair/driver/disable.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

using driver::FilterList;
using driver::ServiceKey;
using driver::Sight;

std::string number_words(std::optional<std::uint64_t> number) {
  return number ? fmt::format("{}", *number) : "absent";
}

// What the hive says of the driver that was asked for, where it may be disabled.
Result<Sight> chosen_driver(const Installation& windows, const Settings& settings) {
  auto setting = settings.find("driver");
  if (setting == settings.end() || setting->second.empty()) {
    return Error(Errc::bad_argument,
                 "which driver is meant has to be said: --set driver=NAME, a service");
  }
  if (auto why = driver::why_always_needed(setting->second)) {
    return Error(Errc::bad_argument, *std::move(why));
  }
  Sight sight = TRY(driver::look_at(windows, setting->second));
  if (auto why = driver::why_needed(sight)) {
    return Error(Errc::bad_argument, *std::move(why));
  }
  return sight;
}

std::vector<std::string> evidence(const Sight& sight) {
  std::vector<std::string> facts;
  for (const ServiceKey& service : sight.services) {
    facts.push_back(fmt::format(
        "{}: Start {} ({}), Type {}, ErrorControl {}, Group {}, ImagePath {}",
        service.key, number_words(service.start), driver::start_words(service.start),
        number_words(service.type), number_words(service.error_control),
        service.group.empty() ? "absent" : service.group,
        service.image_path.empty() ? "absent" : service.image_path));
  }
  for (const FilterList& list : sight.filters) {
    facts.push_back(
        fmt::format("{} {}: {}", list.key, list.value, fmt::join(list.names, ", ")));
  }
  if (!sight.dependents.empty()) {
    facts.push_back(
        fmt::format("can't start without it: {}", fmt::join(sight.dependents, ", ")));
  }
  return facts;
}

class DriverDisable final : public Recipe {
 public:
  std::string_view id() const override { return "driver.disable"; }
  std::string_view summary() const override {
    return "a driver that you name is to be kept from loading";
  }
  std::string_view reads() const override {
    return "SYSTEM: the driver's service, the filters of every class and device";
  }
  std::string_view writes() const override {
    return "SYSTEM: Start=4 of the service, its name in UpperFilters and LowerFilters, "
           "in each control set that Select names";
  }
  std::vector<Setting> settings() const override {
    return {{.name = "driver",
             .meaning = "the driver's service: its key below Services",
             .required = true}};
  }
  Unasked unasked() const override { return Unasked::nothing; }

  Result<Findings> examine(const Subject& subject,
                           const Settings& settings) const override {
    const Installation& windows = *subject.windows;
    Sight sight = TRY(chosen_driver(windows, settings));
    auto first = std::find_if(sight.services.begin(), sight.services.end(),
                              [](const ServiceKey& one) { return one.may_start(); });
    if (first == sight.services.end() && sight.filters.empty()) return Findings{};
    Finding finding;
    finding.recipe = id();
    finding.where =
        fmt::format("{} {}", windows.disk().show(windows.hive_path("SYSTEM")),
                    first == sight.services.end() ? sight.filters[0].key : first->key);
    finding.what =
        first == sight.services.end()
            ? fmt::format("{} is disabled, but devices still ask for it as a filter",
                          sight.name)
            : fmt::format("{} is to be disabled, and starts {}", sight.name,
                          driver::start_words(first->start));
    finding.evidence = evidence(sight);
    finding.image_name = driver::image_name(sight.services[0], sight.name);
    return Findings{std::move(finding)};
  }

  Done mend(const Subject& subject, const Finding&, const Settings& settings,
            Plan& plan) const override {
    const Installation& windows = *subject.windows;
    driver::plan_disable(windows, TRY(chosen_driver(windows, settings)), plan);
    return {};
  }
};

}  // namespace

const Recipe& driver_disable() {
  static const DriverDisable recipe;
  return recipe;
}

}  // namespace drydock::repair
