// The pieces of --json that several verbs print; docs/json.md tells of them all.

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ntfs/file_system.h"
#include "repair/diagnose.h"
#include "repair/hive/recovery.h"
#include "repair/plan.h"
#include "repair/transaction.h"

namespace drydock::cli {

nlohmann::json to_json(const repair::Diagnosis& diagnosis);
nlohmann::json to_json(const std::vector<repair::Outcome>& outcomes);
nlohmann::json to_json(const Stat& stat);
// What became of a hive's logs: "recovery" of the documents that show a hive.
nlohmann::json to_json(const hive::RecoveryReport& recovery);

std::string hex(Bytes bytes);

}  // namespace drydock::cli
