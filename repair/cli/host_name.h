// Names out of an image as names on the host.  A hostile image names its files so
// that whoever copies them out writes elsewhere: none of that gets through here.

#pragma once

#include <filesystem>
#include <string_view>

#include "vhd/base/result.h"

namespace drydock::cli {

// "b\c" as b/c.  bad_argument where one of the names would mean something else
// than a file in its folder: "..", "a/b", one with a control character.
Result<std::filesystem::path> host_path_of(std::string_view below);

// Makes the folder, or takes one that is there; bad_argument for anything else
// that has its name, as a symbolic link has, which could lead elsewhere.
Done make_host_folder(const std::filesystem::path& folder);
Done check_host_folder(const std::filesystem::path& folder);

}  // namespace drydock::cli
