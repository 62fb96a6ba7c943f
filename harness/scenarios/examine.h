// Looks at an image as drydock's own commands do, for stories.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "repair/diagnose.h"
#include "repair/signature/trust.h"

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

// The known roots, and the one that signs what is built.
Result<signature::TrustStore> trust_of_stories();

// The names, in lower case and sorted, of the files that `drydock drivers verify` of
// the image's first Windows says aren't believed, or that it can't tell of.
Result<std::vector<std::string>> unsigned_drivers(const std::filesystem::path& image);

}  // namespace drydock::scenarios
