// Driver Verifier was left on: Windows checks drivers at every start, slowly, and stops
// at the first breach, with 0xC4 and its like, where it would have gone on without.
//
// Turning it off loses nothing but what somebody asked for, and so it is left to who
// names this recipe.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "repair/driver/service_key.h"
#include "repair/recipes/recipes.h"
#include "vhd/base/try.h"

namespace drydock::repair {

namespace {

constexpr std::string_view kKey = "Control\\Session Manager\\Memory Management";
constexpr std::string_view kDrivers = "VerifyDrivers";
constexpr std::string_view kLevel = "VerifyDriverLevel";
constexpr std::array<std::string_view, 3> kValues = {kDrivers, kLevel,
                                                     "VerifierOptions"};

// VerifyDriverLevel's bits, as Microsoft's page on the /flags of verifier.exe calls
// them.
struct Check {
  std::uint32_t bit;
  std::string_view name;
};
constexpr std::array<Check, 15> kChecks = {{
    {0x1, "special pool"},
    {0x2, "force IRQL checking"},
    {0x4, "low resources simulation"},
    {0x8, "pool tracking"},
    {0x10, "I/O verification"},
    {0x20, "deadlock detection"},
    {0x80, "DMA checking"},
    {0x100, "security checks"},
    {0x200, "force pending I/O requests"},
    {0x400, "IRP logging"},
    {0x800, "miscellaneous checks"},
    {0x2000, "invariant MDL checking for stack"},
    {0x4000, "invariant MDL checking for driver"},
    {0x8000, "power framework delay fuzzing"},
    {0x20000, "DDI compliance checking"},
}};

// The value in a control set's key.
struct Found {
  std::string key;
  hive::Value value;
};

struct Sight {
  std::vector<Found> values;  // those of kValues that are there
  std::vector<std::string> drivers;
  std::vector<std::string> notes;
};

std::string level_words(std::uint64_t level) {
  std::vector<std::string_view> names;
  for (const Check& check : kChecks) {
    if ((level & check.bit) != 0) names.push_back(check.name);
  }
  return fmt::format("{:#x}: {}", level, fmt::join(names, ", "));
}

// VerifyDrivers has names with blanks between, or "*" for all drivers.
void add_drivers(const hive::Value& value, Sight& sight) {
  std::string text = value.text().value_or("");
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find(' ', at), text.size());
    std::string name = text.substr(at, end - at);
    if (!name.empty() && !driver::has_name(sight.drivers, name)) {
      sight.drivers.push_back(std::move(name));
    }
    at = end + 1;
  }
}

Result<Sight> look(const Installation& windows) {
  const hive::Hive* system = TRY(windows.system());
  if (system->dirty()) {
    return Error(Errc::busy, "its logs hold changes that the hive lacks")
        .in(windows.disk().show(windows.hive_path("SYSTEM")));
  }
  ControlSets sets = TRY(read_control_sets(*system));
  CurrentKeys keys = TRY(keys_in_control_sets(sets, kKey));
  Sight sight;
  sight.notes = keys.notes;
  for (const std::string& key : keys.keys) {
    auto at = system->find(key);
    if (!at) continue;
    for (std::string_view name : kValues) {
      auto value = system->value(*at, name);
      if (!value) continue;
      if (name == kDrivers) add_drivers(*value, sight);
      sight.values.push_back({key, *std::move(value)});
    }
  }
  return sight;
}

class VerifierReset final : public Recipe {
 public:
  std::string_view id() const override { return "verifier.reset"; }
  std::string_view summary() const override {
    return "Driver Verifier was left on, and checks drivers at every start";
  }
  std::string_view reads() const override {
    return "SYSTEM: Control\\Session Manager\\Memory Management";
  }
  std::string_view writes() const override {
    return "SYSTEM: without VerifyDrivers, VerifyDriverLevel and VerifierOptions, in "
           "each control set that Select names";
  }
  Unasked unasked() const override { return Unasked::examines; }

  Result<Findings> examine(const Subject& subject, const Settings&) const override {
    const Installation& windows = *subject.windows;
    Sight sight = TRY(look(windows));
    // Without names nothing is checked, whatever the others say.
    if (sight.drivers.empty()) return Findings{};
    Finding finding;
    finding.recipe = id();
    finding.what =
        driver::has_name(sight.drivers, "*")
            ? std::string("Driver Verifier checks all drivers at every start")
            : fmt::format("Driver Verifier checks {} at every start",
                          fmt::join(sight.drivers, ", "));
    finding.where = fmt::format(
        "{} {}", windows.disk().show(windows.hive_path("SYSTEM")), sight.values[0].key);
    for (const Found& found : sight.values) {
      auto number = found.value.number();
      std::string words = number && found.value.name == kLevel ? level_words(*number)
                          : number ? fmt::format("{:#x}", *number)
                                   : found.value.text().value_or("is no text");
      finding.evidence.push_back(
          fmt::format("{} {}: {}", found.key, found.value.name, words));
    }
    return Findings{std::move(finding)};
  }

  Done mend(const Subject& subject, const Finding&, const Settings&,
            Plan& plan) const override {
    const Installation& windows = *subject.windows;
    Sight sight = TRY(look(windows));
    for (const Found& found : sight.values) {
      plan.edits.push_back(
          {.action = RegistryDelete{.hive = windows.hive_path("SYSTEM"),
                                    .key = found.key,
                                    .value = found.value.name},
           .why = "Driver Verifier is to be off"});
    }
    plan.notes.insert(plan.notes.end(), sight.notes.begin(), sight.notes.end());
    return {};
  }
};

}  // namespace

const Recipe& verifier_reset() {
  static const VerifierReset recipe;
  return recipe;
}

}  // namespace drydock::repair
