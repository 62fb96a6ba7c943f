// What WinSxS has of a file that is about to be wounded.

#pragma once

#include <string_view>

#include "ntfs/file_system.h"

namespace drydock::faults {

// Puts a copy of the file into a component's folder of its own.
Done keep_component_copy(FileSystem& windows, std::string_view path);

// Takes every other name from the file, as it has in WinSxS.
Done drop_twins(FileSystem& windows, std::string_view path);

}  // namespace drydock::faults
