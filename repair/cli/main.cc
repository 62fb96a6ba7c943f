// The program: its verbs, and the words that each of them takes.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ntfs/libraries.h"
#include "repair/bcdedit/words.h"
#include "repair/cli/command_line.h"
#include "repair/cli/commands.h"
#include "repair/cli/driver_verbs.h"
#include "repair/cli/file_verbs.h"
#include "repair/cli/image_commands.h"
#include "repair/cli/key_file.h"
#include "repair/cli/signature_verbs.h"
#include "repair/cli/start_in_worker.h"
#include "repair/cli/verb_options.h"
#include "repair/reg/words.h"
#include "vhd/base/utf16.h"
#include "vhd/served_disk.h"

namespace drydock::cli {
namespace {

void add_info(CLI::App& app, InfoRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand("info", "What an image is and holds");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_flag("--hash", request.hash, "Hash every byte that a guest can see");
  add_disk_options(verb, request.disk);
  verb.callback([&] {
    command = {.work = [&](Report& report) { return info(request, report); },
               .about = request.image,
               .files = files_of(request.image, request.disk),
               .reads_all = request.hash};
  });
}

void add_check(CLI::App& app, CheckRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand(
      "check", "What is broken in container, partitions, volumes, hives, boot stores");
  verb.add_option("IMAGE", request.image)->required();
  add_parents(verb, request.disk);
  add_key_file(verb, request.disk);
  verb.callback([&] {
    command = {.work = [&](Report& report) { return check(request, report); },
               .about = request.image,
               .files = files_of(request.image, request.disk),
               .reads_all = true};
  });
}

void add_read_verb(CLI::App& app, const std::string& name, const std::string& words,
                   ReadRequest& request, Command& command,
                   Exit (*function)(const ReadRequest&, Report&)) {
  CLI::App& verb = *app.add_subcommand(name, words);
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("PATH", request.paths)->required();
  verb.add_option("--installation", request.installation, "Whose C: is meant, from 0");
  add_disk_options(verb, request.disk);
  if (name == "ls") {
    verb.add_flag("-R,--recursive", request.recursive, "With all below");
    verb.add_flag("-l,--long", request.all, "With sizes, times and attributes");
  }
  verb.callback([&command, &request, function, bytes = name == "cat"] {
    command = {.work = [&request,
                        function](Report& report) { return function(request, report); },
               .about = request.image,
               .files = files_of(request.image, request.disk),
               .reads_all = bytes,
               .prints_bytes = bytes};
  });
}

void add_get(CLI::App& app, GetRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand("get", "Copy a file out of an image");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("GUEST_PATH", request.guest)->required();
  verb.add_option("HOST_PATH", request.host, "- is standard output")->required();
  verb.add_flag("-r,--recursive", request.recursive,
                "Of a folder: all below it, into HOST_PATH");
  verb.add_option("--installation", request.installation, "Whose C: is meant, from 0");
  add_disk_options(verb, request.disk);
  verb.callback([&] {
    worker::HostFiles files = files_of(request.image, request.disk);
    request.recursive ? files.write_tree(request.host) : files.write(request.host);
    command = {.work = [&](Report& report) { return get(request, report); },
               .about = request.image,
               .files = std::move(files),
               .reads_all = true,
               .prints_bytes = request.host == "-"};
  });
}

void add_put(CLI::App& app, PutRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand("put", "Copy a file into an image");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("HOST_PATH", request.host, "- is standard input")->required();
  verb.add_option("GUEST_PATH", request.guest)->required();
  verb.add_flag("-r,--recursive", request.recursive,
                "Of a folder: all below it, into GUEST_PATH");
  verb.add_flag("--keep-old", request.keep_old,
                "Leave what is replaced beside it, as old_NAME");
  add_change_options(verb, request.change);
  verb.callback([&] {
    worker::HostFiles files = files_of(request.image, request.change);
    request.recursive ? files.read_tree(request.host) : files.read(request.host);
    command = {.work = [&](Report& report) { return put(request, report); },
               .about = request.image,
               .files = std::move(files),
               .reads_all = true};
  });
}

void add_remove(CLI::App& app, RemoveRequest& request, Command& command) {
  CLI::App& verb = *app.add_subcommand("rm", "Remove files from an image");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("PATH", request.paths)->required();
  add_change_options(verb, request.change);
  verb.callback([&] {
    command = {.work = [&](Report& report) { return remove(request, report); },
               .about = request.image,
               .files = files_of(request.image, request.change)};
  });
}

// Our own options may also stand after the other program's words.
void take_change_options(CLI::App& verb, std::vector<std::string>& words,
                         ChangeOptions& change) {
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--dry-run") {
      change.dry_run = true;
    } else if (words[i] == "--installation" && i + 1 < words.size() &&
               words[i + 1].find_first_not_of("0123456789") == std::string::npos) {
      change.installation = std::strtoul(words[++i].c_str(), nullptr, 10);
    } else if (words[i] == "--parent" && i + 1 < words.size()) {
      change.disk.parents.push_back(words[++i]);
    } else if (words[i] == "--force-parent") {
      change.although_parent = true;
    } else if (words[i] == "--discard-hibernation") {
      change.disk.discard_hibernation = true;
    } else if (words[i] == "--unclean" && i + 1 < words.size() &&
               unclean_words().contains(words[i + 1])) {
      change.disk.unclean = unclean_words().at(words[++i]);
    } else if (words[i] == "--key-file" && i + 1 < words.size()) {
      CLI::Option* keys = verb.get_option("--key-file");
      keys->add_result(words[++i]);
      keys->run_callback();  // checks it
    } else {
      kept.push_back(words[i]);
    }
  }
  words = std::move(kept);
}

bool is_switch(const std::string& word, std::string_view name) {
  bool marked = word.starts_with('/') || word.starts_with('-');
  return marked && equal_ignoring_case(word.substr(1), name);
}

// The image, or bcdedit's store, that the line is about: its first word, as a rule.
void take_target(WordsRequest& request, bool is_bcdedit) {
  std::vector<std::string>& words = request.words;
  if (!request.store.empty() || words.empty()) return;
  if (is_bcdedit && is_switch(words.front(), "createstore")) return;
  if (is_bcdedit && is_switch(words.front(), "store") && words.size() > 1) {
    request.store = words[1];
    words.erase(words.begin(), words.begin() + 2);
    return;
  }
  request.target = words.front();
  words.erase(words.begin());
}

// The files of the host that bcdedit's own words name.
void add_named_files(const WordsRequest& request, worker::HostFiles& files) {
  auto command = bcdedit::parse(request.words);
  if (!command) return;  // whoever runs it hears why
  const auto& action = command->action;
  if (const auto* out = std::get_if<bcdedit::Export>(&action)) files.write(out->file);
  if (const auto* in = std::get_if<bcdedit::Import>(&action)) files.read(in->file);
  if (const auto* made = std::get_if<bcdedit::CreateStore>(&action)) {
    files.write(made->file);
  }
}

// `drydock bcdedit IMAGE /set ...` and `drydock reg IMAGE query ...`: what
// follows the image are another program's words, and not looked at here.
void add_words_verb(CLI::App& app, const std::string& name, const std::string& about,
                    WordsRequest& request, Command& command,
                    Exit (*function)(const WordsRequest&, Report&)) {
  CLI::App& verb = *app.add_subcommand(name, about);
  verb.prefix_command();
  if (name == "bcdedit") {
    verb.add_option("--store", request.store, "A bare store file, instead of IMAGE");
  }
  add_change_options(verb, request.change);
  verb.callback([&command, &request, &verb, function, bcdedit = name == "bcdedit"] {
    request.words = verb.remaining();
    take_change_options(verb, request.words, request.change);
    take_target(request, bcdedit);
    const std::string& target = request.store.empty() ? request.target : request.store;
    worker::HostFiles files = files_of(target, request.change);
    if (bcdedit) add_named_files(request, files);
    reg::Files beside = bcdedit ? reg::Files{} : reg::files_of(request.words);
    files.read(beside.read).write(beside.written);
    command = {.work = [&request,
                        function](Report& report) { return function(request, report); },
               .about = target,
               .files = std::move(files)};
  });
}

void take_settings(const std::vector<std::string>& words,
                   std::map<std::string, std::string>& settings) {
  for (const std::string& word : words) {
    std::size_t equals = word.find('=');
    settings[word.substr(0, equals)] = word.substr(equals + 1);
  }
}

void add_settings(CLI::App& verb, const std::string& about,
                  std::vector<std::string>& words) {
  verb.add_option("--set", words, about)
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return text.find('=') == std::string::npos ? "--set takes NAME=VALUE" : "";
      });
}

void add_script(CLI::App& app, ScriptRequest& request,
                std::vector<std::string>& settings, Command& command) {
  CLI::App& verb = *app.add_subcommand(
      "script", "Run an article's commands on a disk: reg, bcdedit, copy, ren ...");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("FILE", request.file, "The commands; - is standard input")
      ->required();
  verb.add_option("--drive", request.drives,
                  "The letter that the disk has in the commands, as F:; of another "
                  "volume, as G:=esp")
      ->allow_extra_args(false);
  add_settings(verb, "NAME=VALUE: what stands for <NAME> in the commands", settings);
  add_change_options(verb, request.change);
  verb.callback([&] {
    take_settings(settings, request.fillings);
    command = {.work = [&](Report& report) { return script(request, report); },
               .about = request.image,
               .files = files_of(request.image, request.change).read(request.file)};
  });
}

void add_repair_verb(CLI::App& app, const std::string& name, const std::string& about,
                     RepairRequest& request, std::vector<std::string>& settings,
                     Command& command,
                     Exit (*function)(const RepairRequest&, Report&)) {
  CLI::App& verb = *app.add_subcommand(name, about);
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("RECIPE", request.recipes, "Recipes; all automatic ones if none");
  add_settings(verb, "NAME=VALUE, for a recipe that asks for it", settings);
  if (name == "repair") {
    add_trust(verb, request.trust);
    add_change_options(verb, request.change);
  } else {
    add_disk_options(verb, request.change.disk);
  }
  verb.callback([&command, &request, &settings, function, writes = name == "repair"] {
    take_settings(settings, request.settings);
    worker::HostFiles files = writes ? files_of(request.image, request.change)
                                     : files_of(request.image, request.change.disk);
    for (const std::string& file : request.trust) files.read(file);
    command = {.work = [&request,
                        function](Report& report) { return function(request, report); },
               .about = request.image,
               .files = std::move(files)};
  });
}

void add_image_verb(CLI::App& app, const std::string& name, const std::string& about,
                    std::string& image, Command& command,
                    Exit (*function)(const std::string&, Report&)) {
  CLI::App& verb = *app.add_subcommand(name, about);
  verb.add_option(name == "recipes" ? "NAME" : "IMAGE", image)
      ->required(name != "recipes");
  verb.callback([&command, &image, function] {
    command = {
        .work = [&image, function](Report& report) { return function(image, report); },
        .about = image,
        .files = files_of(image, DiskChoice{})};
  });
}

void add_undo(CLI::App& app, UndoRequest& request, Command& command) {
  CLI::App& verb =
      *app.add_subcommand("undo", "Put back what the newest change replaced");
  verb.add_option("IMAGE", request.image)->required();
  add_force_parent(verb, request.although_parent);
  add_parents(verb, request.disk);
  verb.callback([&] {
    command = {
        .work = [&](Report& report) { return undo(request, report); },
        .about = request.image,
        .files = files_of(request.image, request.disk).write_image(request.image)};
  });
}

void add_recover(CLI::App& app, RecoverRequest& request, RecoverHiveRequest& bare,
                 Command& command) {
  CLI::App& verb = *app.add_subcommand(
      "recover", "Finish what was left unfinished: a change of ours, logs of Windows");
  verb.add_option("IMAGE", request.image, "An image, or a hive with its logs beside it")
      ->required();
  CLI::Option* output = verb.add_option("--output", bare.output,
                                        "Where the recovered hive goes (of a hive)");
  verb.add_flag("--in-place", bare.in_place,
                "Replace the hive by the recovered one (of a hive)")
      ->excludes(output);
  add_change_options(verb, request.change);
  verb.callback([&] {
    bare.hive = request.image;
    command.about = request.image;
    command.files = files_of(request.image, request.change).write(bare.output);
    command.work = [&](Report& report) {
      bool of_hive = is_recovery_of_hive(bare);
      if (request.change.dry_run) {
        bare.output.clear();
        bare.in_place = false;
      }
      return of_hive ? recover_hive(bare, report) : recover(request, report);
    };
  });
}

void add_serve(CLI::App& app, ServeRequest& request, Command& command) {
  CLI::App& verb =
      *app.add_subcommand("serve", "Show a disk over NBD, by nbdkit, until Ctrl-C");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("--partition", request.partition, "Only this one, by its number")
      ->check(CLI::PositiveNumber);
  verb.add_option("--overlay", request.overlay,
                  "Writes go to this differencing image, made if it isn't there; "
                  ":memory: keeps them until the end");
  verb.add_option("--parent", request.parents,
                  "Where the parent of a differencing image is, then the parent's");
  verb.add_option("--socket", request.socket, "Listen on this path");
  verb.callback([&] {
    command = {.work = [&](Report& report) { return serve(request, report); },
               .trusted = true};
  });
}

void add_mount(CLI::App& app, MountRequest& request, Mounting& mounting,
               Command& command) {
  CLI::App& verb =
      *app.add_subcommand("mount", "Show a volume as a folder, until Ctrl-C or umount");
  verb.add_option("IMAGE", request.image)->required();
  verb.add_option("DIR", request.folder)->required();
  verb.add_option("--volume", request.volume,
                  "esp:, 3:...; without it that of Windows, or the only one");
  verb.add_option("--overlay", request.overlay,
                  "Writes go to this differencing image, made if it isn't there; "
                  ":memory: keeps them until the end");
  verb.add_flag("--allow-other", request.for_others,
                "Other users of this host may look, too");
  verb.add_option("--installation", request.installation, "Whose C: is meant, from 0");
  add_disk_options(verb, request.disk);
  verb.callback([&] {
    worker::HostFiles files = files_of(request.image, request.disk);
    if (request.overlay != kMemoryOverlay) files.write_image(request.overlay);
    command = {.work = [&](Report& report) { return mounting.mount(request, report); },
               .about = request.image,
               .before = [&] { return mounting.prepare(request); },
               .after = [&] { mounting.end(); },
               .files = files,
               .reads_all = true,
               .prints_early = true};
  });
}

// Everything that a command line may fill in.
struct Requests {
  MountRequest mount;
  Mounting mounting;
  InfoRequest info;
  CheckRequest check;
  ReadRequest read;
  GetRequest get;
  PutRequest put;
  RemoveRequest remove;
  WordsRequest words;
  ScriptRequest script;
  RepairRequest repair;
  UndoRequest undo;
  RecoverRequest recover;
  RecoverHiveRequest recover_hive;
  ServeRequest serve;
  std::vector<std::string> settings;
  std::string image;
  ImageRequests images;
  FileRequests files;
  DriverRequests drivers;
  SignatureRequests signatures;

  // All those that open a disk's volumes.
  std::vector<DiskChoice*> disks() {
    return {&info.disk,
            &check.disk,
            &read.disk,
            &get.disk,
            &mount.disk,
            &put.change.disk,
            &remove.change.disk,
            &words.change.disk,
            &script.change.disk,
            &repair.change.disk,
            &recover.change.disk,
            &files.find.disk,
            &files.copy.change.disk,
            &files.move.change.disk,
            &files.make_folder.change.disk,
            &files.sddl.change.disk,
            &drivers.look.disk,
            &drivers.disable.change.disk,
            &drivers.enable.change.disk,
            &drivers.add.change.disk,
            &drivers.remove.change.disk,
            &signatures.sigcheck.disk,
            &signatures.catalogs.change.disk};
  }
};

// The keys that the environment names, for every verb; "" or what is wrong.
std::string take_environment(Requests& requests) {
  const char* path = std::getenv(kKeyFileVariable);
  if (path == nullptr || *path == '\0') return {};
  auto keys = load_key_file(path);
  if (!keys) return fmt::format("{}: {}", kKeyFileVariable, keys.error().describe());
  for (DiskChoice* disk : requests.disks()) disk->keys = *keys;
  return {};
}

// Verbs, by the words that ask for them.
struct Verbs {
  std::vector<std::string_view> names;
  std::function<void()> add;
};

// In the order in which --help tells of them.
std::vector<Verbs> verbs_of(CLI::App& app, Requests& r, Command& command) {
  return {
      {{"info"}, [&] { add_info(app, r.info, command); }},
      {{"check"}, [&] { add_check(app, r.check, command); }},
      {{"diagnose"},
       [&] {
         add_repair_verb(app, "diagnose", "What is wrong with a Windows disk", r.repair,
                         r.settings, command, diagnose);
       }},
      {{"repair"},
       [&] {
         add_repair_verb(app, "repair", "Mend what is wrong", r.repair, r.settings,
                         command, repair);
       }},
      {{"undo"}, [&] { add_undo(app, r.undo, command); }},
      {{"recover"}, [&] { add_recover(app, r.recover, r.recover_hive, command); }},
      {{"history"},
       [&] {
         add_image_verb(app, "history", "What was changed, and when", r.image, command,
                        history);
       }},
      {{"recipes"},
       [&] {
         add_image_verb(app, "recipes", "What can be mended", r.image, command,
                        recipes);
       }},
      {{"bcdedit"},
       [&] {
         add_words_verb(app, "bcdedit",
                        "The words of bcdedit.exe: /enum /set /create ...", r.words,
                        command, bcdedit);
       }},
      {{"reg"},
       [&] {
         add_words_verb(app, "reg",
                        "The words of reg.exe: query add delete copy compare export "
                        "import save restore",
                        r.words, command, reg);
       }},
      {{"script"}, [&] { add_script(app, r.script, r.settings, command); }},
      {{"ls"},
       [&] { add_read_verb(app, "ls", "List a folder", r.read, command, list); }},
      {{"cat"},
       [&] { add_read_verb(app, "cat", "Print a file", r.read, command, cat); }},
      {{"stat"},
       [&] { add_read_verb(app, "stat", "What a file is", r.read, command, stat); }},
      {{"get"}, [&] { add_get(app, r.get, command); }},
      {{"put"}, [&] { add_put(app, r.put, command); }},
      {{"rm"}, [&] { add_remove(app, r.remove, command); }},
      {{"find", "cp", "mv", "mkdir", "sddl"},
       [&] { add_file_verbs(app, r.files, command); }},
      {{"drivers"}, [&] { add_driver_verbs(app, r.drivers, command); }},
      {{"sigcheck", "catalogs"},
       [&] { add_signature_verbs(app, r.signatures, command); }},
      {{"image"}, [&] { add_image_verbs(app, r.images, command); }},
      {{"serve"}, [&] { add_serve(app, r.serve, command); }},
      {{"mount"}, [&] { add_mount(app, r.mount, r.mounting, command); }},
  };
}

// All verbs take a while to describe, so only what is asked for is.
void add_verbs(CLI::App& app, Requests& requests, Command& command,
               const std::string& asked) {
  for (const Verbs& verbs : verbs_of(app, requests, command)) {
    bool wanted = asked.empty() || std::find(verbs.names.begin(), verbs.names.end(),
                                             asked) != verbs.names.end();
    if (wanted) verbs.add();
  }
}

}  // namespace
}  // namespace drydock::cli

int main(int argc, char** argv) {
  using namespace drydock::cli;
  Requests requests;
  std::string problem = take_environment(requests);
  if (!problem.empty()) {
    fmt::print(stderr, "drydock: {}\n", problem);
    return static_cast<int>(Exit::usage);
  }
  auto add = [&requests](CLI::App& app, Command& command, const std::string& asked) {
    app.footer(
        "Guest paths: C:\\Windows\\... (the Windows volume), esp:\\... (the system "
        "partition),\n3:\\... (a partition by number), 0:\\... (a volume without a "
        "table).\nEvery verb takes --json, --stats, --time-limit SECONDS, "
        "--memory-limit SIZE,\n--sandbox (nothing without one) and --no-sandbox.");
    app.set_version_flag("--version", "drydock " DRYDOCK_VERSION " (" +
                                          drydock::ntfs_library_versions() + ")");
    add_verbs(app, requests, command, asked);
  };
  return run({argv + 1, argv + argc}, add, start_in_worker);
}
