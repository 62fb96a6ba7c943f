#include "repair/cli/driver_verbs.h"

#include <CLI/CLI.hpp>

#include "repair/cli/verb_options.h"

namespace drydock::cli {

void add_driver_verbs(CLI::App& app, DriverRequests& requests, Command& command) {
  CLI::App& verb =
      *app.add_subcommand("drivers", "What a Windows loads into its kernel, in order");
  DriversRequest& request = requests.drivers;
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option(
          "ACTION", requests.action,
          "list: each driver and boot file; verify: whether Windows believes it")
      ->required()
      ->check(CLI::IsMember({"list", "verify"}));
  verb.add_option("--installation", request.installation, "Which Windows, from 0");
  verb.add_option(
          "--trust", request.trust,
          "verify: certificates to believe beside the known ones; again for more")
      ->allow_extra_args(false);
  verb.add_flag("--all", request.all, "verify: tell of what is believed, too");
  add_disk_options(verb, request.disk);
  verb.callback([&] {
    bool verify = requests.action == "verify";
    worker::HostFiles files = files_of(request.image, request.disk);
    for (const std::string& path : request.trust) files.read(path);
    command = {.work =
                   [&request, verify](Report& report) {
                     return verify ? verify_drivers(request, report)
                                   : list_drivers(request, report);
                   },
               .about = request.image,
               .files = std::move(files),
               .reads_all = verify};
  });
}

}  // namespace drydock::cli
