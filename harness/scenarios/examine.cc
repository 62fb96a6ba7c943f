#include "harness/scenarios/examine.h"

#include <fmt/format.h>

#include <algorithm>

#include "repair/disk.h"
#include "repair/view.h"
#include "vhd/base/try.h"
#include "vhd/content_hash.h"

namespace drydock::scenarios {

Result<repair::Diagnosis> diagnose_image(const std::filesystem::path& image,
                                         const std::vector<const repair::Recipe*>& also,
                                         const repair::Settings& settings) {
  std::vector<const repair::Recipe*> recipes = repair::examining_recipes();
  for (const repair::Recipe* recipe : also) {
    if (std::find(recipes.begin(), recipes.end(), recipe) == recipes.end()) {
      recipes.push_back(recipe);
    }
  }
  repair::View view = TRY(repair::open_view(image));
  auto disk = TRY(repair::open_disk(view));
  return repair::diagnose(*disk, recipes, settings);
}

Result<std::string> hash_image(const std::filesystem::path& image) {
  repair::View view = TRY(repair::open_view(image));
  return content_hash(*view.device);
}

std::string describe(const repair::Finding& finding) {
  return fmt::format("{}: {} ({})", finding.recipe, finding.what, finding.where);
}

std::string complaint(const repair::Diagnosis& diagnosis) {
  if (!diagnosis.findings.empty()) return describe(diagnosis.findings[0]);
  for (const repair::Examined& one : diagnosis.examined) {
    if (one.verdict == repair::Verdict::healthy) continue;
    return fmt::format("{}: {} ({})", one.what, to_string(one.verdict), one.why);
  }
  if (diagnosis.verdict == repair::Verdict::healthy) return {};
  return fmt::format("the verdict is {}", to_string(diagnosis.verdict));
}

}  // namespace drydock::scenarios
