// libntfs-3g's headers, in the one order in which C++ takes them.
//
// They are C: they expect <time.h> and its like to have been included, declare
// nothing extern "C", and put le16, le32 and their kind into the global
// namespace.  Only .cc files of this folder include this.
//
// Nothing of POSIX is needed to compile them, since the library is given no
// path and no descriptor.

#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

// ntfstime.h takes a missing macro of <sys/stat.h>'s for a missing timespec, and
// would define it once more; this is what it looks for besides.
#ifndef __timespec_defined
#define __timespec_defined 1
#endif

extern "C" {
#include <ntfs-3g/types.h>
// types.h must come first.
#include <ntfs-3g/attrib.h>
#include <ntfs-3g/cache.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/layout.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/ntfstime.h>
#include <ntfs-3g/reparse.h>
#include <ntfs-3g/security.h>
#include <ntfs-3g/unistr.h>
#include <ntfs-3g/volume.h>
}

// support.h's, which break std::min and std::max.
#undef min
#undef max
