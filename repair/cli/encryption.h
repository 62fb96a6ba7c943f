// How BitLocker encrypts a volume, in words and in JSON: what info says of it.

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "vhd/bitlocker/metadata.h"

namespace drydock::cli {

// A line, and one more for each protector.
std::string encryption_text(const bitlocker::Metadata& metadata, bool locked);

nlohmann::json encryption_json(const bitlocker::Metadata& metadata, bool locked);

}  // namespace drydock::cli
