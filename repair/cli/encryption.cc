#include "repair/cli/encryption.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ntfs/file.h"

namespace drydock::cli {

namespace {

using nlohmann::json;

json time_json(std::uint64_t time) {
  return time == 0 ? json(nullptr) : json(to_string_utc(time));
}

// "encrypted", "switching, 4096 of 65536 bytes encrypted".
std::string state_text(const bitlocker::Metadata& metadata) {
  std::string text(to_string(metadata.state));
  if (metadata.encrypts_on_write) text += ", encrypted on write";
  if (metadata.encrypted_size < metadata.size) {
    text += fmt::format(", {} of {} bytes encrypted", metadata.encrypted_size,
                        metadata.size);
  }
  return text;
}

}  // namespace

std::string encryption_text(const bitlocker::Metadata& metadata, bool locked) {
  std::string text =
      fmt::format("     BitLocker: {}, {}, {}, volume {}\n", to_string(metadata.method),
                  state_text(metadata), locked ? "locked" : "unlocked",
                  to_string(metadata.volume_id));
  if (!metadata.description.empty()) {
    text += fmt::format("       \"{}\"\n", metadata.description);
  }
  for (const bitlocker::Protector& protector : metadata.protectors) {
    std::string kind(to_string(protector.kind));
    std::ranges::replace(kind, '_', ' ');
    text += fmt::format("       {} {}", kind, to_string(protector.id));
    if (!protector.name.empty()) text += fmt::format(" \"{}\"", protector.name);
    if (protector.changed != 0) text += ", " + to_string_utc(protector.changed);
    text += '\n';
  }
  for (const std::string& problem : metadata.copy_problems) {
    text += fmt::format("       {}\n", problem);
  }
  return text;
}

json encryption_json(const bitlocker::Metadata& metadata, bool locked) {
  json protectors = json::array();
  for (const bitlocker::Protector& protector : metadata.protectors) {
    protectors.push_back(
        {{"id", to_string(protector.id)},
         {"kind", to_string(protector.kind)},
         {"name", protector.name.empty() ? json(nullptr) : json(protector.name)},
         {"changed", time_json(protector.changed)}});
  }
  return {{"volume_id", to_string(metadata.volume_id)},
          {"version", metadata.version},
          {"cipher", to_string(metadata.method)},
          {"state", to_string(metadata.state)},
          {"encrypts_on_write", metadata.encrypts_on_write},
          {"encrypted_size", std::min(metadata.encrypted_size, metadata.size)},
          {"locked", locked},
          {"description",
           metadata.description.empty() ? json(nullptr) : json(metadata.description)},
          {"created", time_json(metadata.created)},
          {"protectors", std::move(protectors)},
          {"problems", metadata.copy_problems}};
}

}  // namespace drydock::cli
