// What stat tells of a file beyond its record's own facts.

#pragma once

#include "ntfs/file.h"
#include "ntfs/ntfs/inode.h"

namespace drydock::ntfs {

// Of the file, or of that stream of it.  `mount` has no inode open.
Result<Details> details_of(Mount& mount, const StreamReference& stream);

}  // namespace drydock::ntfs
