// drivers: its words, and what it is asked.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "repair/cli/command_line.h"
#include "repair/cli/commands.h"

namespace drydock::cli {

struct DriversRequest {
  std::string image;
  std::optional<std::size_t> installation;
  std::vector<std::string> trust;  // verify: files with certificates
  bool all = false;                // verify: tells of what is believed, too
  DiskChoice disk;
};
Exit list_drivers(const DriversRequest& request, Report& report);
Exit verify_drivers(const DriversRequest& request, Report& report);

struct DriverRequests {
  std::string action;  // "list", "verify"
  DriversRequest drivers;
};

// Adds the verb to `app`; where it is parsed it sets `command`.
void add_driver_verbs(CLI::App& app, DriverRequests& requests, Command& command);

}  // namespace drydock::cli
