// `drydock image ...`: the words of the command line, into requests.

#include <CLI/CLI.hpp>

#include "repair/cli/command_line.h"
#include "repair/cli/image_commands.h"

namespace drydock::cli {

namespace {

using worker::HostFiles;

// Which files of the host each request names.
void add_files(const ImageChoice& image, HostFiles& files) {
  files.read_image(image.file);
  for (const std::string& parent : image.parents) files.read_image(parent);
}
void add_files(const ImageCreateRequest& request, HostFiles& files) {
  files.write_image(request.file).read_image(request.parent);
}
void add_files(const ImageConvertRequest& request, HostFiles& files) {
  add_files(request.input, files);
  files.write(request.output);
  // Where what came by standard input is kept.
  if (request.input.file == "-") files.write(request.output + ".drydock-input");
}
void add_files(const ImageMapRequest& request, HostFiles& files) {
  add_files(request.image, files);
}
void add_files(const ImageCompareRequest& request, HostFiles& files) {
  add_files(request.a, files);
  add_files(request.b, files);
}
void add_files(const ImageRebaseRequest& request, HostFiles& files) {
  files.write_image(request.child).read_image(request.parent);
}
void add_files(const ImageMergeRequest& request, HostFiles& files) {
  files.write_child_and_parent(request.child);
  for (const std::string& parent : request.parents) files.write_image(parent);
}
void add_files(const ImageResizeRequest& request, HostFiles& files) {
  add_files(request.image, files);
  files.write_image(request.image.file);
}
void add_files(const ImageCheckRequest& request, HostFiles& files) {
  add_files(request.image, files);
  if (request.repair) files.write_image(request.image.file);
}

const std::string& about(const ImageChoice& image) { return image.file; }
const std::string& about(const ImageCreateRequest& request) { return request.file; }
const std::string& about(const ImageConvertRequest& request) {
  return request.input.file;
}
const std::string& about(const ImageCompareRequest& request) { return request.a.file; }
const std::string& about(const ImageRebaseRequest& request) { return request.child; }
const std::string& about(const ImageMergeRequest& request) { return request.child; }
template <class Request>
const std::string& about(const Request& request) {
  return request.image.file;
}

// The verb that is parsed is the one that will run.  Most of them read a whole disk.
template <class Request>
void run_on_parse(CLI::App& verb, Request& request, Command& command,
                  Exit (*function)(const Request&, Report&)) {
  verb.callback([&command, &request, function] {
    command.work = [&request, function](Report& report) {
      return function(request, report);
    };
    command.about = about(request);
    command.reads_all = true;
    add_files(request, command.files);
  });
}

void add_choice(CLI::App& verb, const std::string& name, ImageChoice& choice,
                const std::string& format_option = "-f") {
  verb.add_option(name, choice.file)->required();
  verb.add_option(format_option, choice.format, "Its format, where it can't be told");
}

// Several are said one after the other: what follows one may be a FILE.
void add_parents(CLI::App& verb, std::vector<std::string>& parents) {
  verb.add_option("--parent", parents,
                  "Where the parent is; again for the parent's parent")
      ->allow_extra_args(false);
}

void add_options(CLI::App& verb, std::vector<std::string>& options) {
  verb.add_option("-o", options,
                  "subformat=fixed|dynamic|differencing, block_size=SIZE, "
                  "logical_sector_size=SIZE, physical_sector_size=SIZE")
      ->allow_extra_args(false);
}

void add_create(CLI::App& app, ImageCreateRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand("create", "Make a new image");
  verb.add_option("-f", request.format, "raw, vhd or vhdx (vhdx)");
  add_options(verb, request.options);
  verb.add_option("-b", request.parent, "Make a child of this image");
  verb.add_flag("--force", request.force, "Replace a file that is there");
  verb.add_option("FILE", request.file)->required();
  verb.add_option("SIZE", request.size, "10G, 512M...; a child's is its parent's");
  run_on_parse(verb, request, command, image_create);
}

void add_convert(CLI::App& app, ImageConvertRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand("convert", "Copy a disk into another format");
  verb.add_option("-O", request.format, "raw, vhd or vhdx")->required();
  add_options(verb, request.options);
  verb.add_option("-S", request.zero_run,
                  "How many zeros in a row aren't stored (4k); 0: all are");
  verb.add_flag("--force", request.force, "Replace a file that is there");
  add_parents(verb, request.input.parents);
  add_choice(verb, "IN", request.input);
  verb.add_option("OUT", request.output, "- is standard output, of a raw image")
      ->required();
  run_on_parse(verb, request, command, image_convert);
}

void add_readers(CLI::App& app, ImageRequests& requests, Command& command) {
  CLI::App& info = *app.add_subcommand("info", "What a container says of itself");
  add_parents(info, requests.info.parents);
  add_choice(info, "FILE", requests.info);
  run_on_parse(info, requests.info, command, image_info);

  CLI::App& map = *app.add_subcommand("map", "Where in the file the disk's bytes are");
  map.add_option("--output", requests.map.output, "human, or json as qemu-img has it")
      ->check(CLI::IsMember({"human", "json"}));
  add_parents(map, requests.map.image.parents);
  add_choice(map, "FILE", requests.map.image);
  run_on_parse(map, requests.map, command, image_map);

  CLI::App& compare = *app.add_subcommand("compare", "Whether two disks hold the same");
  compare.add_flag("-s", requests.compare.strict,
                   "Their sizes have to be the same too");
  add_parents(compare, requests.compare.a.parents);
  add_choice(compare, "A", requests.compare.a);
  add_choice(compare, "B", requests.compare.b, "-F");
  run_on_parse(compare, requests.compare, command, image_compare);
}

// `create -b PARENT CHILD`, said the other way round.
void add_snapshot(CLI::App& app, ImageCreateRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand(
      "snapshot", "Make a child, which takes the changes from now on");
  add_options(verb, request.options);
  verb.add_flag("--force", request.force, "Replace a file that is there");
  verb.add_option("PARENT", request.parent)->required();
  verb.add_option("CHILD", request.file)->required();
  run_on_parse(verb, request, command, image_create);
}

void add_rebase(CLI::App& app, ImageRebaseRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand("rebase", "Tell a child where its parent is");
  verb.add_option("-b", request.parent, "The parent")->required();
  verb.add_flag("-u,--force", request.unsafe,
                "Also where it isn't the one that the child was made from");
  verb.add_option("CHILD", request.child)->required();
  run_on_parse(verb, request, command, image_rebase);
}

void add_merge(CLI::App& app, ImageMergeRequest& request, Command& command) {
  CLI::App& verb =
      *app.add_subcommand("merge", "Carry a child's changes to its parent");
  verb.add_flag("--delete", request.remove_child, "Delete the child afterwards");
  verb.add_flag("--force", request.force, "Though other images stand on the parent");
  add_parents(verb, request.parents);
  verb.add_option("CHILD", request.child)->required();
  run_on_parse(verb, request, command, image_merge);
}

void add_changers(CLI::App& app, ImageRequests& requests, Command& command) {
  CLI::App& compact =
      *app.add_subcommand("compact", "Drop blocks of zeros, and shorten the file");
  add_parents(compact, requests.compact.parents);
  compact.add_option("FILE", requests.compact.file)->required();
  compact.callback([&command, &request = requests.compact] {
    command.work = [&request](Report& report) {
      return image_compact(request, report);
    };
    command.about = request.file;
    command.reads_all = true;
    add_files(request, command.files);
    command.files.write_image(request.file);
  });

  CLI::App& check = *app.add_subcommand("check", "Whether a container keeps its rules");
  check.add_flag("--repair", requests.check.repair, "Mend what has a proven cure");
  check.add_flag("--second-reader", requests.check.second_reader,
                 "Compare what we show with what libvhdi shows");
  add_parents(check, requests.check.image.parents);
  check.add_option("FILE", requests.check.image.file)->required();
  run_on_parse(check, requests.check, command, image_check);

  CLI::App& resize = *app.add_subcommand("resize", "Give the disk another size");
  resize.add_flag("--shrink", requests.resize.shrink, "It may become smaller");
  resize.add_flag("--force", requests.resize.force, "Though other images stand on it");
  add_parents(resize, requests.resize.image.parents);
  resize.add_option("FILE", requests.resize.image.file)->required();
  resize.add_option("SIZE", requests.resize.size, "20G, or +5G, or -5G")->required();
  run_on_parse(resize, requests.resize, command, image_resize);
}

}  // namespace

void add_image_verbs(CLI::App& app, ImageRequests& requests, Command& command) {
  CLI::App& image =
      *app.add_subcommand("image", "Images: make, copy, look into, change");
  image.require_subcommand(1);
  add_create(image, requests.create, command);
  add_convert(image, requests.convert, command);
  add_readers(image, requests, command);
  add_snapshot(image, requests.snapshot, command);
  add_rebase(image, requests.rebase, command);
  add_merge(image, requests.merge, command);
  add_changers(image, requests, command);
}

}  // namespace drydock::cli
