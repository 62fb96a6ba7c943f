#include "repair/cli/file_verbs.h"

#include <CLI/CLI.hpp>

#include "repair/cli/image_path.h"
#include "repair/cli/verb_options.h"

namespace drydock::cli {

namespace {

template <class Request>
std::string about(const Request& request) {
  return request.image;
}
std::string about(const CopyRequest& request) { return request.target; }

template <class Request>
worker::HostFiles files_to_change(const Request& request) {
  return files_of(request.image, request.change);
}
worker::HostFiles files_to_read(const FindRequest& request) {
  return files_of(request.image, request.disk);
}
worker::HostFiles files_to_copy(const CopyRequest& request) {
  worker::HostFiles files;
  if (auto to = split_image_path(request.target)) {
    files = files_of(to->image, request.change);
  }
  if (auto from = split_image_path(request.source)) files.read_image(from->image);
  for (const std::string& parent : request.source_parents) files.read_image(parent);
  return files;
}

// The verb that is parsed is the one that will run.
template <class Request>
void run_on_parse(CLI::App& verb, Request& request, Command& command,
                  Exit (*function)(const Request&, Report&),
                  worker::HostFiles (*files)(const Request&)) {
  verb.callback([&command, &request, function, files] {
    command = {.work = [&request,
                        function](Report& report) { return function(request, report); },
               .about = about(request),
               .files = files(request),
               .reads_all = true};
  });
}

void add_find(CLI::App& app, FindRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand("find", "Find files below a folder");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("PATH", request.path)->required();
  verb.add_option("--name", request.names,
                  "Whose name fits, with * and ?, in any case; again for others")
      ->allow_extra_args(false);
  verb.add_option("--type", request.type, "f: files, d: folders, l: reparse points")
      ->check(CLI::IsMember({"f", "d", "l"}));
  verb.add_option("--size", request.size,
                  "+SIZE: larger, -SIZE: smaller, SIZE: so many");
  verb.add_option("--newer", request.newer,
                  "Changed at this time or later (2024-01-31)");
  verb.add_option("--older", request.older, "Changed before");
  verb.add_option("--sha256", request.sha256, "Whose bytes have this hash");
  verb.add_option("--largest", request.largest, "Only so many, the largest first")
      ->check(CLI::PositiveNumber);
  verb.add_option("--installation", request.installation, "Whose C: is meant, from 0");
  add_disk_options(verb, request.disk);
  run_on_parse(verb, request, command, find_files, files_to_read);
}

void add_copy(CLI::App& app, CopyRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand(
      "cp", "Copy a file with its owner, times and streams, from image to image");
  verb.add_option("SOURCE", request.source, "IMAGE:PATH, as disk.vhdx:C:\\a.txt")
      ->required();
  verb.add_option("TARGET", request.target, "IMAGE:PATH")->required();
  verb.add_flag("-r,--recursive", request.recursive,
                "Of a folder: all below it, into TARGET");
  verb.add_option("--source-installation", request.source_installation,
                  "Whose C: SOURCE means, from 0");
  verb.add_option(
          "--source-parent", request.source_parents,
          "Where the parent of SOURCE's image is; again for the parent's parent")
      ->allow_extra_args(false);
  add_change_options(verb, request.change);
  run_on_parse(verb, request, command, copy, files_to_copy);
}

void add_move(CLI::App& app, MoveRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand("mv", "Give a file another name or folder");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("FROM", request.from)->required();
  verb.add_option("TO", request.to, "Its new path, or a folder that is there")
      ->required();
  add_change_options(verb, request.change);
  run_on_parse(verb, request, command, move, files_to_change);
}

void add_make_folder(CLI::App& app, MakeFolderRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand("mkdir", "Make folders in an image");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("PATH", request.paths)->required();
  verb.add_flag("-p,--parents", request.parents, "Those above it, too");
  add_change_options(verb, request.change);
  run_on_parse(verb, request, command, make_folder, files_to_change);
}

void add_sddl(CLI::App& app, SddlRequest& request, Command& command) {
  CLI::App& verb =
      *app.add_subcommand("sddl", "Show or set who owns a file and may do what");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("PATH", request.path)->required();
  verb.add_option("SDDL", request.sddl, "O:BAG:SYD:...; shown if left out");
  verb.add_flag("--raw", request.raw, "SDDL is the descriptor's bytes, in hex");
  add_change_options(verb, request.change);
  run_on_parse(verb, request, command, sddl, files_to_change);
}

}  // namespace

void add_file_verbs(CLI::App& app, FileRequests& requests, Command& command) {
  add_find(app, requests.find, command);
  add_copy(app, requests.copy, command);
  add_move(app, requests.move, command);
  add_make_folder(app, requests.make_folder, command);
  add_sddl(app, requests.sddl, command);
}

}  // namespace drydock::cli
