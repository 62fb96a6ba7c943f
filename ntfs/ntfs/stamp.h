// Times on what was changed, by the volume's clock.

#pragma once

#include "ntfs/ntfs/inode.h"

namespace drydock::ntfs {

// All four, and in the record's own copies of its names: for a new file.
Done stamp_new(Inode& inode);

// The content: modified and changed.  For a directory, its list of names.
void stamp_modified(Inode& inode);

// The record alone: changed.
void stamp_changed(Inode& inode);

// That, and, as Windows does when it renames, the names
// in `directory` get copies of all the file's times.
Done stamp_renamed(Inode& inode, Reference directory);

// Those of `stat`'s times that aren't 0.
void set_times(Inode& inode, const Stat& stat);

// Opens, stamps as modified, closes.
Done stamp_directory(Mount& mount, Reference directory);

}  // namespace drydock::ntfs
