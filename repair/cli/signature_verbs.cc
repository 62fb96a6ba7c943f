#include "repair/cli/signature_verbs.h"

#include <CLI/CLI.hpp>

#include "repair/cli/donor.h"
#include "repair/cli/verb_options.h"

namespace drydock::cli {

namespace {

void add_donor(CLI::App& verb, CatalogsRequest& request) {
  verb.add_option("--donor", request.donor,
                  "Another image of the same Windows, or a folder with catalogs");
}

void add_catalogs(CLI::App& app, CatalogsRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand(
      "catalogs", "The catalogs that files are believed by: what is wrong, and cures");
  verb.add_option("IMAGE", request.image)->required();
  verb.require_subcommand(1);

  CLI::App& check = *verb.add_subcommand("check", "What is missing or damaged");
  check.add_option("--installation", request.change.installation,
                   "Which Windows, from 0");
  add_donor(check, request);
  add_disk_options(check, request.change.disk);
  check.callback([&] {
    worker::HostFiles files = files_of(request.image, request.change.disk);
    if (!request.donor.empty()) add_donor_files(request.donor, files);
    command = {.work = [&](Report& report) { return check_catalogs(request, report); },
               .about = request.image,
               .files = std::move(files),
               .reads_all = true};
  });

  CLI::App& restore =
      *verb.add_subcommand("restore", "Put back what has a good copy; replace nothing");
  add_donor(restore, request);
  add_change_options(restore, request.change);
  restore.callback([&] {
    worker::HostFiles files = files_of(request.image, request.change);
    if (!request.donor.empty()) add_donor_files(request.donor, files);
    command = {
        .work = [&](Report& report) { return restore_catalogs(request, report); },
        .about = request.image,
        .files = std::move(files),
        .reads_all = true};
  });
}

worker::HostFiles files_to_check(const SigcheckRequest& request) {
  worker::HostFiles files = files_of(request.image, request.disk);
  for (const std::string& path : request.trust) files.read(path);
  if (!request.catalogs.empty()) files.read_tree(request.catalogs);
  if (!request.of_host) return files;
  for (const std::string& path : request.paths) {
    request.recursive ? files.read_tree(path) : files.read(path);
  }
  return files;
}

void add_sigcheck(CLI::App& app, SigcheckRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand(
      "sigcheck", "Who signed files, and whether Windows believes it");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("PATH", request.paths, "Files; the last name may have * and ?");
  verb.add_flag("-r,--recursive", request.recursive,
                "Of folders: all files below them");
  verb.add_flag("--host", request.of_host, "All words are files of this host");
  verb.add_option("--catalogs", request.catalogs,
                  "With --host: the folder of the catalogs that may cover them");
  add_trust(verb, request.trust);
  verb.add_option("--installation", request.installation, "Whose C: is meant, from 0");
  add_disk_options(verb, request.disk);
  verb.callback([&] {
    if (request.of_host) {
      request.paths.insert(request.paths.begin(), std::move(request.image));
      request.image.clear();
    }
    command = {.work = [&](Report& report) { return sigcheck(request, report); },
               .about = request.image,
               .files = files_to_check(request),
               .reads_all = true};
  });
}

}  // namespace

void add_signature_verbs(CLI::App& app, SignatureRequests& requests, Command& command) {
  add_sigcheck(app, requests.sigcheck, command);
  add_catalogs(app, requests.catalogs, command);
}

}  // namespace drydock::cli
