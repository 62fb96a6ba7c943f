// From a path to the files along it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ntfs/ntfs/inode.h"

namespace drydock::ntfs {

class Mount;

// The files along the way, the root first, the one that is meant last.
// not_found names the first name that isn't there.
Result<std::vector<Reference>> walk(Mount& mount,
                                    const std::vector<std::string>& names);

// What a path means: a file, or with "a.txt:b" a stream of it.  A file whose own
// name is "a.txt:b", as Linux programs make them, goes first.
Result<StreamReference> resolve(Mount& mount, std::string_view path);

// Where a name is, or is to be.
struct Spot {
  std::vector<Reference> way;  // from the root to the directory
  std::u16string name;
  std::optional<Reference> file;  // what bears the name now
  std::u16string stream;          // the one that is meant; mostly ""

  Reference directory() const { return way.back(); }
};

// bad_argument for the root, which has no spot; not_found where the directory
// isn't there.
Result<Spot> find_spot(Mount& mount, std::string_view path);

}  // namespace drydock::ntfs
