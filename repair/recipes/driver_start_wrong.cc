// A driver that every Windows starts at boot to reach its disk is to start later, or
// never: somebody disabled it, or a tool wrote another number.  Windows stops with
// 0x7B.
//
// Only drivers of which no Windows does without are looked at: which others a machine
// needs at boot hangs on its hardware, and no hive that lies still says what that is.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "repair/driver/service_key.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

using driver::ServiceKey;

// Start is 0 of each in three public SYSTEM hives, and all but FltMgr are on the list
// of Azure's win-fix-inaccessible-boot-device.  Others of that list, as pciide and
// storvsc, are 3 in one of the hives.
constexpr std::array<std::string_view, 8> kAtBoot = {
    "ACPI", "pci", "disk", "partmgr", "volmgr", "mountmgr", "volsnap", "FltMgr"};

constexpr std::uint32_t kBoot = 0;

// What counts, of Start and what overrides it.
bool starts_at_boot(const ServiceKey& service) {
  return service.start == kBoot &&
         std::all_of(service.overrides.begin(), service.overrides.end(),
                     [](const auto& one) { return one.second == kBoot; });
}

// Those that are there and don't start at boot, in each control set in use.
Result<std::vector<ServiceKey>> look(const Installation& windows) {
  const hive::Hive* system = TRY(windows.system());
  if (system->dirty()) {
    return Error(Errc::busy, "its logs hold changes that the hive lacks")
        .in(windows.disk().show(windows.hive_path("SYSTEM")));
  }
  ControlSets sets = TRY(read_control_sets(*system));
  CurrentKeys services = TRY(keys_in_control_sets(sets, "Services"));
  std::vector<ServiceKey> wrong;
  for (const std::string& key : services.keys) {
    for (std::string_view name : kAtBoot) {
      std::string path = fmt::format("{}\\{}", key, name);
      auto found = system->find(path);
      if (!found) continue;
      ServiceKey service = driver::read_service_key(*system, *found, std::move(path));
      if (!starts_at_boot(service)) wrong.push_back(std::move(service));
    }
  }
  return wrong;
}

std::string where(const Installation& windows, const ServiceKey& service) {
  return fmt::format("{} {}", windows.disk().show(windows.hive_path("SYSTEM")),
                     service.key);
}

class DriverStartWrong final : public Recipe {
 public:
  std::string_view id() const override { return "driver.start-wrong"; }
  std::string_view summary() const override {
    return "a driver that every Windows starts at boot is to start later, or never";
  }
  std::string_view reads() const override {
    return "SYSTEM: Start and StartOverride of ACPI, pci, disk, partmgr, volmgr, "
           "mountmgr, volsnap and FltMgr";
  }
  std::string_view writes() const override {
    return "SYSTEM: the same, 0, in each control set that Select names";
  }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const Installation& windows = *subject.windows;
    Findings findings;
    for (const ServiceKey& service : TRY(look(windows))) {
      std::string name = service.key.substr(service.key.rfind('\\') + 1);
      Finding finding;
      finding.recipe = id();
      finding.what = fmt::format(
          "{} starts {}, and no Windows reaches its disk before it does", name,
          service.start == kBoot ? "as StartOverride says"
                                 : driver::start_words(service.start));
      finding.where = where(windows, service);
      finding.evidence.push_back(service.start ? fmt::format("Start {}", *service.start)
                                               : std::string("there is no Start"));
      for (const auto& [value, number] : service.overrides) {
        finding.evidence.push_back(fmt::format("StartOverride\\{} {}", value, number));
      }
      finding.stops_boot = true;
      finding.stop_code = "0x7B";
      finding.image_name = driver::image_name(service, name);
      findings.push_back(std::move(finding));
    }
    return findings;
  }

  Done mend(const Subject& subject, const Finding& finding, const Settings&,
            Plan& plan) const override {
    const Installation& windows = *subject.windows;
    auto add = [&](const std::string& key, std::string_view value) {
      plan.edits.push_back(
          {.action = RegistrySet{.hive = windows.hive_path("SYSTEM"),
                                 .key = key,
                                 .value = hive::Value::dword(value, kBoot)},
           .why = "every Windows starts it at boot"});
    };
    for (const ServiceKey& service : TRY(look(windows))) {
      if (where(windows, service) != finding.where) continue;
      if (service.start != kBoot) add(service.key, "Start");
      for (const auto& [value, number] : service.overrides) {
        if (number != kBoot) add(service.key + "\\StartOverride", value);
      }
    }
    return {};
  }
};

}  // namespace

const Recipe& driver_start_wrong() {
  static const DriverStartWrong recipe;
  return recipe;
}

}  // namespace drydock::repair
