// Which libraries of others are at work here: they read what strangers wrote, and
// the age of one may matter more than ours.

#pragma once

#include <string>

namespace drydock {

// "libntfs-3g 2022.10.3, libwim 1.13.6": as this program was built with them; where
// they are shared, the system may have put others of the same interface in their place.
std::string ntfs_library_versions();

}  // namespace drydock
