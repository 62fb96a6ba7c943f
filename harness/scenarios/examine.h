// Looks at an image as drydock's own commands do, for stories.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "repair/diagnose.h"

namespace drydock::scenarios {

// With the recipes that `diagnose` uses and those of `also`.
Result<repair::Diagnosis> diagnose_image(const std::filesystem::path& image,
                                         const std::vector<const repair::Recipe*>& also,
                                         const repair::Settings& settings);

// content_hash() of the disk in the image, as a reader sees it.
Result<std::string> hash_image(const std::filesystem::path& image);

// "bcd.default-missing: the boot manager's ... (esp:\EFI\...)".
std::string describe(const repair::Finding& finding);

// Why it isn't healthy, in a line; "" where it is.
std::string complaint(const repair::Diagnosis& diagnosis);

}  // namespace drydock::scenarios
