// The control sets of a SYSTEM hive: copies of the machine's configuration.
//
// A running Windows shows one of them as CurrentControlSet; in a hive that
// lies still there is no such key, only ControlSet001, 002 and so on, and
// Select says which of them is what.  An edit "of the current configuration"
// goes to each set that Windows may start from next: those that exist and are
// named by Select's Current, Default or LastKnownGood.  None is ever made.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "repair/hive/hive.h"

namespace drydock::repair {

// HKLM\SYSTEM\Select, and which sets are there.
struct ControlSets {
  std::uint32_t current = 0;
  std::uint32_t default_ = 0;
  std::uint32_t failed = 0;
  std::uint32_t last_known_good = 0;
  std::vector<std::uint32_t> existing;  // 1 for ControlSet001, ascending

  // Those that an edit of the current configuration goes to: named by
  // Current, Default or LastKnownGood, and existing.  Ascending, each once.
  std::vector<std::uint32_t> to_edit() const;
  // Named by one of those three but absent: skipped, with a message.
  std::vector<std::uint32_t> missing() const;
};

// "ControlSet001".
std::string control_set_name(std::uint32_t number);

// Reads Select of an open SYSTEM hive.  not_found where there is no Select or
// no Current in it.
Result<ControlSets> read_control_sets(const hive::Hive& system);

// Where a key of the current configuration lies.
struct CurrentKeys {
  std::vector<std::string> keys;   // "ControlSet001\Services\x" for "Services\x"
  std::vector<std::string> notes;  // of the sets that are skipped
};
// corrupt where Select names no set that exists: there is nothing to edit.
Result<CurrentKeys> keys_in_control_sets(const ControlSets& sets, std::string_view key);

// bad_argument for a key that would make a control set: one below a
// ControlSetNNN that isn't there, or below CurrentControlSet, which no hive that
// lies still has.  Hives without a Select are no concern of it.
Done refuse_new_control_set(const hive::Hive& hive, std::string_view key);

// "CurrentControlSet\Services\x" to its rest, "Services\x"; nothing for a key
// that isn't below CurrentControlSet.
std::optional<std::string_view> below_current_control_set(std::string_view key);

}  // namespace drydock::repair
