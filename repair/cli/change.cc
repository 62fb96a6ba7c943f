#include "repair/cli/change.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "repair/cli/json.h"
#include "repair/installation.h"
#include "repair/repair.h"
#include "repair/transaction.h"
#include "vhd/base/try.h"

namespace drydock::cli {

namespace {

using nlohmann::json;

}  // namespace

std::string diff_text(const std::vector<repair::Outcome>& outcomes) {
  std::string text;
  for (const repair::Outcome& outcome : outcomes) {
    text += fmt::format("{}  {}\n", outcome.edit, outcome.where);
    if (!outcome.before.empty()) text += fmt::format("  - {}\n", outcome.before);
    if (!outcome.after.empty()) text += fmt::format("  + {}\n", outcome.after);
    if (!outcome.why.empty()) text += fmt::format("  because {}\n", outcome.why);
  }
  return text;
}

}  // namespace drydock::cli
