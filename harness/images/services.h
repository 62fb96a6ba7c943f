// The drivers and services of a built Windows: what its SYSTEM hive lists, and
// which files lie in its drivers folder for them.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace drydock::images {

struct Service {
  std::string_view name;
  std::uint8_t start = 0;  // 0 boot, 1 system, 2 auto, 3 demand, 4 disabled
  std::uint8_t type = 1;   // 1 driver, 2 file system, 8 recognizer, 16/32 process
  std::uint8_t error_control = 1;  // 0 ignore, 1 normal, 2 severe, 3 critical
  std::string_view group = {};     // "" for none
  std::string_view image = {};     // as ImagePath has it; "" where it's left out
};

std::span<const Service> services();

// Where a driver's file lies below the Windows folder: "System32\drivers\x.sys".
// "" for what isn't a driver.
std::string driver_file(const Service& service);

// Their keys, as text of a hive, below "ControlSet001\Services".
std::string services_text();

}  // namespace drydock::images
