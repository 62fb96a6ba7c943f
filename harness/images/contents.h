// The files of a built disk, by volume.

#pragma once

#include <filesystem>
#include <vector>

#include "harness/images/volumes.h"

namespace drydock::images {

// `work` is a folder for hives on the way.
//
// What a boot manager needs: of the system partition, or of the Windows volume where
// that is the active one.
Result<std::vector<Content>> boot_contents(const Layout& layout,
                                           const std::filesystem::path& work);
Result<std::vector<Content>> windows_contents(const Layout& layout,
                                              const std::filesystem::path& work);
std::vector<Content> recovery_contents();

}  // namespace drydock::images
