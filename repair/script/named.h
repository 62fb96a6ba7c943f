// The files that a word of a command names: one, or those that a pattern fits.
//
//   F:\Windows\System32\config\SYSTEM     F:\Windows\servicing\Packages\*.cat

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ntfs/file_system.h"
#include "repair/guest_path.h"
#include "repair/script/machine.h"

namespace drydock::script {

struct Named {
  repair::GuestPath path;  // of a pattern: as the disk has the name
  Stat stat;

  bool is_folder() const { return (stat.attributes & attribute::directory) != 0; }
  // Not that of a reparse point, whose names are elsewhere.
  bool has_names() const { return stat.kind == FileKind::directory; }
};

// "F:\x\*.cat": the folder, and what names in it are to fit.
struct Pattern {
  std::string folder;  // "F:\x\", or what else stands before the last part
  std::string name;    // "*.cat"
};
// Nothing where the last part has no * or ?.  bad_argument where a part before does.
Result<std::optional<Pattern>> split_pattern(std::string_view text);

// As cmd has it: * and ?, "*.*" fits every name, case doesn't matter.
bool fits(std::string_view pattern, std::string_view name);

// The last name in a path: "SYSTEM".
std::string last_name(const repair::GuestPath& path);
// The folder that it is in; the root is in itself.
repair::GuestPath folder_of(const repair::GuestPath& path);

// What is at `path`; nothing where nothing is.
Result<std::optional<Named>> look(const repair::Disk& disk,
                                  const repair::GuestPath& path);
// The names in a folder, in its order.  not_found where it isn't there.
Result<std::vector<Named>> names_in(const repair::Disk& disk,
                                    const repair::GuestPath& folder);
// All below a folder, each folder before what is in it.  What can't be read is noted.
Result<std::vector<Named>> names_below(Machine& machine,
                                       const repair::GuestPath& folder);

// What a word names, files and folders, with all edits so far carried out; empty
// where nothing is there.
struct Names {
  std::vector<Named> found;
  bool by_pattern = false;
};
Result<Names> find_names(Machine& machine, std::string_view text);
// The same, but a folder means the files in it; without folders.
Result<Names> find_files(Machine& machine, std::string_view text);

// The new name that a file gets where a command says "*.old": `mask` laid over
// `name`, letter by letter.
std::string apply_mask(std::string_view name, std::string_view mask);

}  // namespace drydock::script
