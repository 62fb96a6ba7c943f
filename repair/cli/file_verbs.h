// find, cp, mv, mkdir and sddl: their words, and what each of them is asked.  The
// older verbs about files are in commands.h.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "repair/cli/command_line.h"
#include "repair/cli/commands.h"

namespace drydock::cli {

// Files below a folder, by what is asked of each.
struct FindRequest {
  std::string image;
  std::string path;
  std::vector<std::string> names;  // globs, of which one must fit
  std::string type;                // "f", "d", "l"; "" for any
  std::string size;                // "+1M", "-4k", "512"
  std::string newer;               // than this time, in UTC
  std::string older;
  std::string sha256;
  std::optional<std::size_t> largest;  // only so many, the largest first
  std::size_t installation = 0;
  DiskChoice disk;
};
Exit find_files(const FindRequest& request, Report& report);

// A file from one image to another, or within one, with all that it has.
struct CopyRequest {
  std::string source;  // IMAGE:PATH
  std::string target;
  bool recursive = false;
  std::size_t source_installation = 0;
  std::vector<std::string> source_parents;
  ChangeOptions change;  // of the target
};
Exit copy(const CopyRequest& request, Report& report);

struct MoveRequest {
  std::string image;
  std::string from;
  std::string to;
  ChangeOptions change;
};
Exit move(const MoveRequest& request, Report& report);

struct MakeFolderRequest {
  std::string image;
  std::vector<std::string> paths;
  bool parents = false;  // those above, too
  ChangeOptions change;
};
Exit make_folder(const MakeFolderRequest& request, Report& report);

// Who owns a file and may do what: shown, or set.
struct SddlRequest {
  std::string image;
  std::string path;
  std::string sddl;  // "": shows it; else this, or with --raw bytes in hex
  bool raw = false;
  ChangeOptions change;
};
Exit sddl(const SddlRequest& request, Report& report);

struct FileRequests {
  FindRequest find;
  CopyRequest copy;
  MoveRequest move;
  MakeFolderRequest make_folder;
  SddlRequest sddl;
};

// Adds the verbs to `app`; the one that is parsed sets `command`.
void add_file_verbs(CLI::App& app, FileRequests& requests, Command& command);

}  // namespace drydock::cli
