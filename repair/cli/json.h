// The pieces of --json that several verbs print.  design: docs/json.md.

#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "ntfs/file_system.h"
#include "repair/diagnose.h"
#include "repair/plan.h"
#include "repair/transaction.h"

namespace drydock::cli {

// null for what isn't known.
template <class T>
nlohmann::json or_null(const std::optional<T>& value);

nlohmann::json to_json(const repair::Diagnosis& diagnosis);
nlohmann::json to_json(const std::vector<repair::Outcome>& outcomes);
nlohmann::json to_json(const Stat& stat);

std::string hex(Bytes bytes);

}  // namespace drydock::cli
