// drivers: its words, and what each of its actions is asked.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "repair/cli/command_line.h"
#include "repair/cli/commands.h"

namespace drydock::cli {

// All drivers, in the order in which they are loaded.
struct DriversRequest {
  std::string image;
  std::optional<std::size_t> installation;
  bool signers = false;            // list: who signed each file, too
  bool all = false;                // verify: tells of what is believed, too
  std::vector<std::string> trust;  // of both: files with certificates
  std::string catalog_cache;       // verify: a file of the host; "" for none
  DiskChoice disk;
};
Exit list_drivers(const DriversRequest& request, Report& report);
Exit verify_drivers(const DriversRequest& request, Report& report);

// Keeps one from loading.
struct DriverDisableRequest {
  std::string image;
  std::string name;  // of its service
  bool force = false;
  ChangeOptions change;
};
Exit disable_driver(const DriverDisableRequest& request, Report& report);

// Lets it load again.
struct DriverEnableRequest {
  std::string image;
  std::string name;
  std::string start;  // "boot", "system", "auto", "demand"; "": as it was, if known
  ChangeOptions change;
};
Exit enable_driver(const DriverEnableRequest& request, Report& report);

// Puts a driver package in.
struct DriverAddRequest {
  std::string image;
  std::string inf;    // on the host, with its package beside it
  std::string start;  // "boot", "system", "auto", "demand"; "": as the INF file says
  bool allow_unsigned = false;
  std::vector<std::string> trust;  // files of certificates
  ChangeOptions change;
};
Exit add_driver(const DriverAddRequest& request, Report& report);

// Takes one out.
struct DriverRemoveRequest {
  std::string image;
  std::string name;  // of its service, or of its INF file
  bool force = false;
  ChangeOptions change;
};
Exit remove_driver(const DriverRemoveRequest& request, Report& report);

// Puts a believed copy in the place of one, or of all that nobody signed.
struct DriverReplaceRequest {
  std::string image;
  std::string name;           // of its service or file, or its path
  std::string from = "auto";  // "winsxs", "driverstore", both; or of the host
  std::string version;        // "10.0.20348.1"; "": that of what is there
  bool all_unsigned = false;  // and no name
  bool allow_unsigned = false;
  bool keep_old = false;
  std::vector<std::string> trust;  // files with certificates
  ChangeOptions change;
};
Exit replace_driver(const DriverReplaceRequest& request, Report& report);

struct DriverRequests {
  std::string image;
  DriversRequest look;  // list, verify
  DriverDisableRequest disable;
  DriverEnableRequest enable;
  DriverAddRequest add;
  DriverRemoveRequest remove;
  DriverReplaceRequest replace;
};

// Adds the verb to `app`; the action that is parsed sets `command`.
void add_driver_verbs(CLI::App& app, DriverRequests& requests, Command& command);

}  // namespace drydock::cli
