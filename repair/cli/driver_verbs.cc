#include "repair/cli/driver_verbs.h"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "repair/cli/donor.h"
#include "repair/cli/verb_options.h"

namespace drydock::cli {

namespace {

worker::HostFiles files_to_judge(const DriversRequest& request) {
  worker::HostFiles files = files_of(request.image, request.disk);
  for (const std::string& path : request.trust) files.read(path);
  files.write(request.catalog_cache);
  return files;
}

void add_list(CLI::App& drivers, DriverRequests& requests, Command& command) {
  DriversRequest& request = requests.look;
  CLI::App& verb = *drivers.add_subcommand("list", "Each driver and boot file");
  verb.add_option("--installation", request.installation, "Which Windows, from 0");
  verb.add_flag("--signers", request.signers, "Who signed each; hashes all of them");
  add_trust(verb, request.trust);
  add_disk_options(verb, request.disk);
  verb.callback([&] {
    request.image = requests.image;
    command = {.work = [&](Report& report) { return list_drivers(request, report); },
               .about = request.image,
               .files = files_to_judge(request),
               .reads_all = request.signers};
  });
}

void add_verify(CLI::App& drivers, DriverRequests& requests, Command& command) {
  DriversRequest& request = requests.look;
  CLI::App& verb = *drivers.add_subcommand("verify", "Whether Windows believes them");
  verb.add_option("--installation", request.installation, "Which Windows, from 0");
  add_trust(verb, request.trust);
  verb.add_flag("--all", request.all, "Tell of what is believed, too");
  verb.add_option("--catalog-cache", request.catalog_cache,
                  "A file that keeps what catalogs hold, for the next image");
  add_disk_options(verb, request.disk);
  verb.callback([&] {
    request.image = requests.image;
    command = {.work = [&](Report& report) { return verify_drivers(request, report); },
               .about = request.image,
               .files = files_to_judge(request),
               .reads_all = true};
  });
}

void add_disable(CLI::App& drivers, DriverRequests& requests, Command& command) {
  DriverDisableRequest& request = requests.disable;
  CLI::App& verb = *drivers.add_subcommand("disable", "Keep a driver from loading");
  verb.add_option("NAME", request.name, "Its service")->required();
  verb.add_flag("--force", request.force,
                "Although Windows may not reach its disk without it");
  add_change_options(verb, request.change);
  verb.callback([&] {
    request.image = requests.image;
    command = {.work = [&](Report& report) { return disable_driver(request, report); },
               .about = request.image,
               .files = files_of(request.image, request.change),
               .reads_all = true};
  });
}

void add_enable(CLI::App& drivers, DriverRequests& requests, Command& command) {
  DriverEnableRequest& request = requests.enable;
  CLI::App& verb = *drivers.add_subcommand("enable", "Let a driver load again");
  verb.add_option("NAME", request.name, "Its service")->required();
  verb.add_option(
          "--start", request.start,
          "boot, system, auto or demand; without it as it was, if that is known")
      ->check(CLI::IsMember({"boot", "system", "auto", "demand"}));
  add_change_options(verb, request.change);
  verb.callback([&] {
    request.image = requests.image;
    command = {.work = [&](Report& report) { return enable_driver(request, report); },
               .about = request.image,
               .files = files_of(request.image, request.change),
               .reads_all = true};
  });
}

void add_add(CLI::App& drivers, DriverRequests& requests, Command& command) {
  DriverAddRequest& request = requests.add;
  CLI::App& verb = *drivers.add_subcommand("add", "Put a driver package in");
  verb.add_option("--inf", request.inf,
                  "Its INF file; the package's other files are beside it")
      ->required();
  verb.add_option("--start", request.start,
                  "boot, system, auto or demand; without it as the INF file says")
      ->check(CLI::IsMember({"boot", "system", "auto", "demand"}));
  verb.add_flag("--allow-unsigned", request.allow_unsigned,
                "Although its catalog doesn't sign it as Windows wants");
  add_trust(verb, request.trust);
  add_change_options(verb, request.change);
  verb.callback([&] {
    request.image = requests.image;
    std::string folder = std::filesystem::path(request.inf).parent_path().string();
    worker::HostFiles files = files_of(request.image, request.change);
    files.read_tree(folder.empty() ? "." : folder);
    for (const std::string& file : request.trust) files.read(file);
    command = {.work = [&](Report& report) { return add_driver(request, report); },
               .about = request.image,
               .files = std::move(files),
               .reads_all = true};
  });
}

void add_remove(CLI::App& drivers, DriverRequests& requests, Command& command) {
  DriverRemoveRequest& request = requests.remove;
  CLI::App& verb = *drivers.add_subcommand("remove", "Take a driver package out");
  verb.add_option("NAME", request.name, "Its service, oemN.inf, or the INF file's name")
      ->required();
  verb.add_flag("--force", request.force,
                "Although Windows may not reach its disk without it");
  add_change_options(verb, request.change);
  verb.callback([&] {
    request.image = requests.image;
    command = {.work = [&](Report& report) { return remove_driver(request, report); },
               .about = request.image,
               .files = files_of(request.image, request.change),
               .reads_all = true};
  });
}

void add_replace(CLI::App& drivers, DriverRequests& requests, Command& command) {
  DriverReplaceRequest& request = requests.replace;
  CLI::App& verb =
      *drivers.add_subcommand("replace", "Put a believed copy in a driver's place");
  verb.add_option("NAME", request.name, "Its service, its file's name, or its path");
  verb.add_flag("--all-unsigned", request.all_unsigned,
                "Instead of NAME: each that nobody signed, as it is");
  verb.add_option(
      "--from,--donor", request.from,
      "winsxs, driverstore, auto (both), or a file, a folder or an image of "
      "the host");
  verb.add_option("--version", request.version,
                  "Of this version, as 10.0.20348.1; else of that which is there");
  verb.add_flag("--allow-unsigned", request.allow_unsigned,
                "Although nobody signed it");
  verb.add_flag("--keep-old", request.keep_old,
                "Leave what is replaced beside it, as old_NAME");
  add_trust(verb, request.trust);
  add_change_options(verb, request.change);
  verb.callback([&] {
    request.image = requests.image;
    worker::HostFiles files = files_of(request.image, request.change);
    for (const std::string& file : request.trust) files.read(file);
    bool of_guest = request.from == "auto" || request.from == "winsxs" ||
                    request.from == "driverstore";
    if (!of_guest) add_donor_files(request.from, files);
    command = {.work = [&](Report& report) { return replace_driver(request, report); },
               .about = request.image,
               .files = std::move(files),
               .reads_all = true};
  });
}

}  // namespace

void add_driver_verbs(CLI::App& app, DriverRequests& requests, Command& command) {
  CLI::App& drivers = *app.add_subcommand(
      "drivers",
      "What a Windows loads into its kernel: list verify disable enable replace add "
      "remove");
  drivers.add_option("IMAGE", requests.image)->required();
  drivers.require_subcommand(1);
  add_list(drivers, requests, command);
  add_verify(drivers, requests, command);
  add_disable(drivers, requests, command);
  add_enable(drivers, requests, command);
  add_add(drivers, requests, command);
  add_remove(drivers, requests, command);
  add_replace(drivers, requests, command);
}

}  // namespace drydock::cli
