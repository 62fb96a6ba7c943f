#include "harness/scenarios/examine.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/images/authority.h"
#include "repair/disk.h"
#include "repair/driver/audit.h"
#include "repair/view.h"
#include "vhd/base/try.h"
#include "vhd/base/utf16.h"
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

Result<signature::TrustStore> trust_of_stories() {
  signature::TrustStore trust = signature::TrustStore::built_in();
  std::string root = TRY(TRY(images::Authority::create()).root_pem());
  TRY(trust.add(bytes_of(root)));
  return trust;
}

Result<std::vector<std::string>> unsigned_drivers(const std::filesystem::path& image) {
  repair::View view = TRY(repair::open_view(image));
  auto disk = TRY(repair::open_disk(view));
  if (disk->installations().empty()) {
    return Error(Errc::not_found, "there is no Windows");
  }
  driver::Audit audit =
      TRY(driver::audit(*disk->installations()[0], TRY(trust_of_stories())));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < audit.verdicts.size(); ++i) {
    driver::Verdict verdict = audit.verdicts[i].verdict;
    if (verdict == driver::Verdict::embedded || verdict == driver::Verdict::catalog ||
        verdict == driver::Verdict::disabled) {
      continue;
    }
    const driver::Driver& one = audit.inventory.drivers[i];
    std::string name = one.path ? one.path->path : one.name;
    names.push_back(ascii_lower(name.substr(name.rfind('\\') + 1)));
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
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
