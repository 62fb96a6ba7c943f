// What a Windows on a disk is to an INF file: its architecture and version.

#pragma once

#include "repair/driver/models.h"
#include "repair/installation.h"

namespace drydock::driver {

// unsupported where the hives don't tell, or tell of a version that isn't known.
Result<Target> target_of(const repair::Installation& windows);

// "Windows 10.0 build 20348 on amd64".
std::string words_of(const Target& target);

}  // namespace drydock::driver
