// Options that many verbs take alike.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "repair/cli/commands.h"
#include "repair/worker/host_files.h"

namespace CLI {
class App;
}

namespace drydock::cli {

// The words of --unclean.
const std::map<std::string, Unclean>& unclean_words();

// What a verb that reads an image, or changes it, may open of the host.
worker::HostFiles files_of(const std::string& image, const DiskChoice& disk);
worker::HostFiles files_of(const std::string& image, const ChangeOptions& change);

void add_parents(CLI::App& verb, DiskChoice& disk);
void add_force_parent(CLI::App& verb, bool& although_parent);
// --trust FILE, again for others.
void add_trust(CLI::App& verb, std::vector<std::string>& trust);
void add_key_file(CLI::App& verb, DiskChoice& disk);
void add_disk_options(CLI::App& verb, DiskChoice& disk);
// Of every verb that changes an image; the disk's too.
void add_change_options(CLI::App& verb, ChangeOptions& change);

}  // namespace drydock::cli
