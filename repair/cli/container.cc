#include "repair/cli/container.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace drydock::cli {

namespace {

using nlohmann::json;

template <class T>
json known(const std::optional<T>& value) {
  return value ? json(*value) : json(nullptr);
}

}  // namespace

std::string binary_size(std::uint64_t size) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(size);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(kUnits); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", size)
                   : fmt::format("{:.4g} {}", value, kUnits[unit]);
}

std::vector<std::string> chain_by_name(const std::string& image,
                                       const ImageFacts& facts) {
  std::vector<std::string> chain = {image};
  if (!facts.parent_paths.empty()) chain.push_back(facts.parent_paths.front());
  return chain;
}

json container_json(const ImageFacts& facts, const std::vector<std::string>& chain) {
  return {{"format", to_string(facts.format)},
          {"kind", to_string(facts.kind)},
          {"virtual_size", facts.virtual_size},
          {"block_size", known(facts.block_size)},
          {"logical_sector_size", facts.logical_sector_size},
          {"physical_sector_size", known(facts.physical_sector_size)},
          {"creator", known(facts.creator)},
          {"log", to_string(facts.log)},
          {"log_entries", facts.log_entry_count},
          {"data_guid",
           facts.data_guid ? json(to_string(*facts.data_guid)) : json(nullptr)},
          {"chain", chain},
          {"notes", facts.notes}};
}

std::string container_text(const ImageFacts& facts,
                           const std::vector<std::string>& chain) {
  std::string text = fmt::format("{}: {} {}, {} ({} bytes)", chain.front(),
                                 to_string(facts.kind), to_string(facts.format),
                                 binary_size(facts.virtual_size), facts.virtual_size);
  if (facts.block_size) {
    text += fmt::format(", blocks of {}", binary_size(*facts.block_size));
  }
  if (facts.logical_sector_size != 512) {
    text += fmt::format(", sectors of {} bytes", facts.logical_sector_size);
  }
  if (facts.log == ImageLog::pending) {
    text += fmt::format(", a log to replay (shown replayed: {} entries)",
                        facts.log_entry_count);
  }
  if (facts.creator && !facts.creator->empty()) {
    text += fmt::format(", made by {}", *facts.creator);
  }
  text += "\n";
  for (std::size_t i = 1; i < chain.size(); ++i) {
    text += fmt::format("  parent: {}\n", chain[i]);
  }
  for (const std::string& note : facts.notes) text += fmt::format("  {}\n", note);
  return text;
}

}  // namespace drydock::cli
