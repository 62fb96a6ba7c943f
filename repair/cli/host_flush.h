// One flush for many files of the host.

#pragma once

#include <filesystem>

#include "vhd/base/result.h"

namespace drydock::cli {

// Makes everything safe that was written, made or renamed on the file system that
// `folder` is on, by whomever.  io where the host refuses.
Done flush_file_system(const std::filesystem::path& folder);

}  // namespace drydock::cli
