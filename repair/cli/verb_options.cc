#include "repair/cli/verb_options.h"

#include <CLI/CLI.hpp>

#include "repair/cli/key_file.h"

namespace drydock::cli {

namespace {

// Loads the keys as the word is read: "" or what is wrong with it.
std::string take_key_file(const std::string& path, DiskChoice& disk) {
  auto keys = load_key_file(path);
  if (!keys) return "--key-file: " + keys.error().describe();
  disk.keys = *std::move(keys);
  return {};
}

}  // namespace

const std::map<std::string, Unclean>& unclean_words() {
  static const std::map<std::string, Unclean> kWords = {{"refuse", Unclean::refuse},
                                                        {"replay", Unclean::replay},
                                                        {"discard", Unclean::discard}};
  return kWords;
}

worker::HostFiles files_of(const std::string& image, const DiskChoice& disk) {
  worker::HostFiles files;
  files.read_image(image);
  for (const std::string& parent : disk.parents) files.read_image(parent);
  return files;
}
worker::HostFiles files_of(const std::string& image, const ChangeOptions& change) {
  worker::HostFiles files = files_of(image, change.disk);
  if (!change.dry_run) files.write_image(image);
  return files;
}

void add_parents(CLI::App& verb, DiskChoice& disk) {
  verb.add_option("--parent", disk.parents,
                  "Where the parent of a differencing image is; again for the "
                  "parent's parent")
      ->allow_extra_args(false);
}

void add_force_parent(CLI::App& verb, bool& although_parent) {
  verb.add_flag("--force-parent", although_parent,
                "Change an image though others are known to stand on it");
}

void add_trust(CLI::App& verb, std::vector<std::string>& trust) {
  verb.add_option("--trust", trust,
                  "A file with certificates that are believed, too; again for others")
      ->allow_extra_args(false);
}

void add_key_file(CLI::App& verb, DiskChoice& disk) {
  verb.add_option("--key-file",
                  "What opens volumes that BitLocker encrypts; - is standard input")
      ->type_name("FILE")
      ->expected(1)
      ->check([&disk](const std::string& path) { return take_key_file(path, disk); });
}

void add_disk_options(CLI::App& verb, DiskChoice& disk) {
  add_parents(verb, disk);
  verb.add_option("--unclean", disk.unclean,
                  "What a volume with unfinished work gets: refuse, replay or discard")
      ->transform(CLI::CheckedTransformer(unclean_words()));
  verb.add_flag("--discard-hibernation", disk.discard_hibernation,
                "Give up what a hibernated Windows remembers, at the first change");
  add_key_file(verb, disk);
}

void add_change_options(CLI::App& verb, ChangeOptions& change) {
  verb.add_flag("--dry-run", change.dry_run, "Show what would be done, and do nothing");
  verb.add_option("--installation", change.installation,
                  "Which Windows to change, counted from 0, where there are several");
  add_force_parent(verb, change.although_parent);
  add_disk_options(verb, change.disk);
}

}  // namespace drydock::cli
