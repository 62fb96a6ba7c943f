// The names below a folder of a volume.

#pragma once

#include <functional>
#include <string>

#include "ntfs/file_system.h"

namespace drydock::repair {

// "\a" and "b" are "\a\b".
std::string join(const std::string& folder, const std::string& name);
// Whether `path` is `folder` or below it.
bool is_within(const std::string& path, const std::string& folder);

// One name below a folder.
struct BelowFolder {
  const Entry& entry;
  std::string path;   // in the volume
  std::string below;  // behind the folder's own path: "b\c"
};

// Calls `visit` for all that is below `folder`, which is at `path`: each folder
// before what is in it, and each once, whatever a hostile disk says.  An Error of
// `visit` ends the walk.  A folder that can't be read is told to `problem`, and the
// walk goes on.
Done walk_tree(const FileSystem& volume, const File& folder, const std::string& path,
               const std::function<Done(const BelowFolder&)>& visit,
               const std::function<void(const Error&)>& problem);

}  // namespace drydock::repair
