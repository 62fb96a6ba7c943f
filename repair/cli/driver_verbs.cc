#include "repair/cli/driver_verbs.h"

#include <CLI/CLI.hpp>

#include "repair/cli/verb_options.h"

namespace drydock::cli {

void add_driver_verbs(CLI::App& app, DriverRequests& requests, Command& command) {
  CLI::App& verb =
      *app.add_subcommand("drivers", "What a Windows loads into its kernel, in order");
  DriversRequest& request = requests.drivers;
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("ACTION", requests.action, "list: each driver and boot file")
      ->required()
      ->check(CLI::IsMember({"list"}));
  verb.add_option("--installation", request.installation, "Which Windows, from 0");
  add_disk_options(verb, request.disk);
  verb.callback([&] {
    command = {.work = [&](Report& report) { return list_drivers(request, report); },
               .about = request.image,
               .files = files_of(request.image, request.disk)};
  });
}

}  // namespace drydock::cli
