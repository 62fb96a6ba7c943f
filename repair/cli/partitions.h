// A disk's partition table, in words and in JSON: what info says before it looks
// into the volumes.

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "vhd/partition/table.h"

namespace drydock::cli {

// One line, and one more where a copy of a GPT can't be believed; "" without a table.
std::string table_text(const partition::Table& table);
// Sets what `document` says of the table itself.
void add_table(const partition::Table& table, nlohmann::json& document);

// "  3: basic     127 GiB", without an end of line.  Of nullptr: the whole disk.
std::string partition_text(const partition::Partition* partition);
// What the volume in it would say is null, or empty.
nlohmann::json partition_json(const partition::Partition* partition,
                              const BlockDevice& disk);

}  // namespace drydock::cli
