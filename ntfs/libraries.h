// Which libraries of others are at work here: they read what strangers wrote, and
// the age of one may matter more than ours.

#pragma once

#include <string>

namespace drydock {

// "libntfs-3g 2022.10.3, libwim 1.13.6": as this program was built with them; what
// the system has since put in their place has the same interface.
std::string ntfs_library_versions();

}  // namespace drydock
