#include "repair/cli/partitions.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/container.h"

namespace drydock::cli {

using nlohmann::json;

std::string table_text(const partition::Table& table) {
  if (table.scheme == partition::Scheme::mbr) {
    return fmt::format("MBR, disk {:#010x}\n", table.mbr_signature);
  }
  if (table.scheme != partition::Scheme::gpt) return {};
  std::string text = fmt::format("GPT, disk {}\n", to_string(table.disk_id));
  if (!table.other_copy_problem.empty()) {
    text +=
        fmt::format("  read from its {} copy; {}\n",
                    table.believed == partition::Copy::primary ? "primary" : "backup",
                    table.other_copy_problem);
  }
  return text;
}

void add_table(const partition::Table& table, json& document) {
  document["partition_table"] = to_string(table.scheme);
  if (table.scheme == partition::Scheme::mbr) {
    document["disk_id"] = fmt::format("{:#010x}", table.mbr_signature);
  }
  if (table.scheme != partition::Scheme::gpt) return;
  document["disk_id"] = to_string(table.disk_id);
  document["partition_table_problem"] =
      table.other_copy_problem.empty() ? json(nullptr) : json(table.other_copy_problem);
}

std::string partition_text(const partition::Partition* partition) {
  if (partition == nullptr) return "  volume without a partition table";
  return fmt::format("  {}: {:<8} {:>10}", partition->number,
                     partition::type_name(partition->type),
                     binary_size(partition->size));
}

json partition_json(const partition::Partition* partition, const BlockDevice& disk) {
  json entry = {{"number", 0},
                {"type", nullptr},
                {"type_id", nullptr},
                {"id", nullptr},
                {"name", nullptr},
                {"offset", 0},
                {"size", disk.size()},
                {"file_system", nullptr},
                {"label", nullptr},
                {"free", nullptr},
                {"state", json::array()},
                {"problem", nullptr},
                {"state_reasons", json::array()},
                {"replay", nullptr},
                {"log", nullptr},
                {"bitlocker", nullptr},
                {"mbr_type", nullptr},
                {"active", nullptr}};
  if (partition == nullptr) return entry;
  entry["number"] = partition->number;
  entry["type"] = partition::type_name(partition->type);
  if (partition->mbr_type) {
    entry["mbr_type"] = fmt::format("{:#04x}", *partition->mbr_type);
    entry["active"] = partition->active;
  } else {
    entry["type_id"] = to_string(partition->type);
    entry["id"] = to_string(partition->id);
  }
  entry["name"] = partition->name;
  entry["offset"] = partition->offset;
  entry["size"] = partition->size;
  return entry;
}

}  // namespace drydock::cli
