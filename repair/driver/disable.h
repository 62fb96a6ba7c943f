// Keeps a driver from loading, and lets it load again: Start in every control set that
// Windows may start from, what counts instead of Start, and the filter lists of device
// classes and devices, because a filter that can't load keeps its whole device from
// starting.
//
// Which driver is to blame a person, a stop code, a dump or an event log has told.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/driver/filters.h"
#include "repair/driver/service_key.h"
#include "repair/installation.h"
#include "repair/plan.h"

namespace drydock::driver {

// What a SYSTEM hive says of one driver.
struct Sight {
  std::string name;                     // the service's, as it was asked for
  std::vector<ServiceKey> services;     // one for each control set that has it
  std::vector<FilterList> filters;      // those that name it
  std::vector<std::string> dependents;  // services that ask for it
  std::vector<std::string> devices;  // of the boot disk's path, bound to it: "Enum\..."
  bool in_critical_database = false;  // loaded at boot for hardware by its id
  std::vector<std::string> notes;
};

// bad_argument for what is no service's name, and for a service that is no driver;
// not_found, with names that are alike, where no control set has it; busy where the
// hive's logs hold more than it.
Result<Sight> look_at(const repair::Installation& windows, std::string_view name);

// Why no Windows reaches its disk without the service `name`; nothing for most.
std::optional<std::string> why_always_needed(std::string_view name);
// The same, or why this Windows may not; nothing where nothing says so, which is no
// proof that it will.
std::optional<std::string> why_needed(const Sight& sight);

// The edits that disable it, with what a person should weigh in the notes.  Whether it
// is needed is the caller's to ask.
void plan_disable(const repair::Installation& windows, const Sight& sight,
                  repair::Plan& plan);

// How it would start again, and what says so.
struct KnownStart {
  Start start = Start::demand;
  std::string source;
  bool asked = false;  // by a person, who means what counts instead of Start as well
  // What single values were before it was disabled, by key and name in lower case:
  // "controlset001\services\x\startoverride 0".
  std::map<std::string, std::uint32_t> before = {};
};
// From the hive alone: another control set that doesn't disable it, the database of
// critical devices, the drivers that are always started at boot.
std::optional<KnownStart> known_start(const Sight& sight);

// Whether Start, or what counts instead of it, keeps it from loading.
bool is_disabled(const Sight& sight);

// The edits that let it start so: each value as it was before, where that is known,
// else those that disable it.  Its places in filter lists aren't known here.
void plan_enable(const repair::Installation& windows, const Sight& sight,
                 const KnownStart& start, repair::Plan& plan);

}  // namespace drydock::driver
