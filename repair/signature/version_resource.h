// What a PE file says of itself, in its version resource: who made it, which version
// it is.  Anybody can write there what they like; only a signature makes it true.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "repair/signature/pe.h"

namespace drydock::signature {

// Major, minor, build, revision.
using VersionNumber = std::array<std::uint16_t, 4>;

std::string to_string(const VersionNumber& version);  // "10.0.20348.1"

// Four numbers with dots between them; nothing for any other words.
std::optional<VersionNumber> parse_version(std::string_view text);

// Texts are those of US English, or else of the first language that the file has, and
// "" where it has none.
struct VersionResource {
  std::string company_name;
  std::string file_description;
  std::string file_version;
  std::string internal_name;
  std::string legal_copyright;
  std::string original_filename;
  std::string product_name;
  std::string product_version;
  // The numbers beside the texts, which needn't say the same.
  std::optional<VersionNumber> file_number = std::nullopt;
  std::optional<VersionNumber> product_number = std::nullopt;
};

// not_found where the file has no version resource, corrupt where it can't be
// followed.
Result<VersionResource> read_version_resource(const BlockDevice& file, const Pe& pe);

}  // namespace drydock::signature
