// The files of a built disk, by volume.

#pragma once

#include <filesystem>
#include <vector>

#include "harness/images/volumes.h"

namespace drydock::images {

// `work` is a folder for hives on the way.
Result<std::vector<Content>> esp_contents(const Layout& layout,
                                          const std::filesystem::path& work);
Result<std::vector<Content>> windows_contents(const Layout& layout,
                                              const std::filesystem::path& work);
std::vector<Content> recovery_contents();

}  // namespace drydock::images
