// A service's key in one control set: how, and whether, Windows loads a driver.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "repair/driver/inventory.h"
#include "repair/hive/hive.h"

namespace drydock::driver {

// "at boot"; "in a way that Start doesn't tell" for no number or another.
std::string_view start_words(std::optional<std::uint64_t> start);
// "boot", "system", "auto", "demand", "disabled".
std::optional<Start> parse_start(std::string_view word);

struct ServiceKey {
  std::string key;  // "ControlSet001\Services\filecrypt"
  std::optional<std::uint64_t> start;
  std::optional<std::uint64_t> type;
  std::optional<std::uint64_t> error_control;
  std::string image_path;  // "" where the set has none
  std::string group;
  // The numbers below StartOverride, by name: each counts instead of Start, for
  // hardware that Windows gave that name to; "0" is what it usually is.
  std::vector<std::pair<std::string, std::uint64_t>> overrides = {};

  // Whether it may load into the kernel; true where Type says nothing.
  bool may_be_driver() const;
  // Whether Start, or what counts instead, lets it load at all.
  bool may_start() const;
};

ServiceKey read_service_key(const hive::Hive& system, hive::Key at, std::string key);

// The driver's file, of the service `name`: without an ImagePath, Windows looks for
// the service's own name.
std::string image_name(const ServiceKey& service, std::string_view name);

// The text, number or list of a value; nothing where it is absent or something else.
std::optional<std::string> text_of(const hive::Hive& hive, hive::Key key,
                                   std::string_view name);
std::optional<std::uint64_t> number_of(const hive::Hive& hive, hive::Key key,
                                       std::string_view name);
std::optional<std::vector<std::string>> texts_of(const hive::Hive& hive, hive::Key key,
                                                 std::string_view name);

// Whether `names` has `name`, as Windows compares them.
bool has_name(const std::vector<std::string>& names, std::string_view name);

}  // namespace drydock::driver
