// A child merged into its parent: what the child says of the disk, the parent says
// afterwards.
//
// Safe at any cut.  The child stays, and shows the same at every moment: each sector
// that the parent loses is one that the child answers for itself.  While the parent
// is being written, the child names it by two ids, by what it was and by what it
// will be ([MS-VHDX] 2.6.2.6.3, parent_linkage2), so that one of them fits whenever the
// power goes.  A merge that was cut is done again from the start.

#pragma once

#include <memory>

#include "vhd/image.h"

namespace drydock {

struct MergeFiles {
  // Both writable, and of one format.
  DevicePtr child;
  DevicePtr parent;
  // What the parent stands on; null where it is no child itself.
  std::shared_ptr<const Image> grandparent = {};
};

struct MergeOptions {
  // Where the parent is, as the child will record it; the ids are set here.
  ParentLink link = {};
  MakeGuid make_guid = {};  // random_guid()
  Progress progress = {};   // in bytes of the disk
};

struct Merged {
  std::uint64_t bytes_written = 0;  // to the parent
  std::uint64_t bytes_zeroed = 0;   // that the child says are zeros
};

// Everything is safe when this returns: the parent shows what the child does, and
// the child may be deleted.  bad_argument where the parent isn't the child's;
// otherwise fails as opening, reading and writing do, and as relink() does.
Result<Merged> merge_into_parent(const MergeFiles& files, const MergeOptions& options);

}  // namespace drydock
